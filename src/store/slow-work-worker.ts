import { parentPort, workerData } from 'node:worker_threads'
import { giveWay } from '../disk/scheduling.ts'
import { type ErrorCode, KindredError } from '../domain/errors.ts'
import { openAgain } from './open.ts'
import { createSlowWork, type PlainSpace, runByName, type SlowName } from './slow-work.ts'
import { translateSqlite } from './sqlite-errors.ts'

/** What slow-work-thread.ts hands to this thread when it starts, and then for each piece of work. */
export interface SlowThreadData {
  readonly dir: string
  readonly space: PlainSpace
}

export interface SlowTask {
  readonly task: number
  readonly name: SlowName
  readonly given: readonly unknown[]
}

/** Classes do not survive the way to the other thread, so an error of ours goes by its code. */
interface Failure {
  readonly code: ErrorCode | null
  readonly detail: string
  readonly cause: unknown
}

export type SlowAnswer = { readonly task: number } & ({ readonly value: unknown } | Failure)

giveWay()
const { dir, space }: SlowThreadData = workerData
const db = openAgain(dir)
const work = createSlowWork(db, dir, space)

function failureOf(thrown: unknown): Failure {
  const error = translateSqlite(thrown)
  const detail = error instanceof Error ? error.message : String(error)
  if (!(error instanceof KindredError)) return { code: null, detail, cause: error }
  return { code: error.code, detail, cause: error.cause instanceof Error ? new Error(error.cause.message) : undefined }
}

function answer({ task, name, given }: SlowTask): SlowAnswer {
  try {
    return { task, value: runByName(work, name, given) }
  } catch (thrown) {
    return { task, ...failureOf(thrown) }
  }
}

parentPort?.on('message', (asked: SlowTask | 'end') => {
  if (asked !== 'end') return parentPort?.postMessage(answer(asked))
  db.close()
  parentPort?.close()
})
