import { parentPort, workerData } from 'node:worker_threads'
import { KindredError } from '../domain/errors.ts'
import { integrityProblems } from './integrity.ts'
import { withDatabaseFile } from './open-file.ts'

function problemsOf(file: string): string[] {
  try {
    return withDatabaseFile(file, (db) => integrityProblems(db))
  } catch (thrown) {
    if (thrown instanceof KindredError && thrown.code === 'STORE_CORRUPT') return [thrown.message]
    throw thrown
  }
}

const { file }: { readonly file: string } = workerData
parentPort?.postMessage(problemsOf(file))
