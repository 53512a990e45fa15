import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { fail, KindredError } from '../domain/errors.ts'
import type { PlainSpace, SlowName, SlowRunner, SlowWork } from './slow-work.ts'
import type { SlowAnswer, SlowTask, SlowThreadData } from './slow-work-worker.ts'

// Resolved through package.json, because it is the compiled file that a thread can run, also when this one is not.
const WORKER = createRequire(import.meta.url).resolve('#slow-work-worker')

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** A thread with a connection of its own. It holds the process only while it is asked for something. */
class SlowThread {
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  readonly gone: Promise<void>
  #tasks = 0
  isGone = false

  constructor(data: SlowThreadData) {
    this.#worker = new Worker(WORKER, { workerData: data })
    this.#worker.unref()
    this.#worker.on('message', (answer: SlowAnswer) => this.#settle(answer))
    let reason: unknown
    this.#worker.on('error', (error) => {
      reason = error
    })
    this.gone = new Promise((resolve) => this.#worker.once('exit', () => resolve(this.#end(reason))))
  }

  ask(name: SlowName, given: readonly unknown[]): Promise<unknown> {
    this.#tasks += 1
    const task: SlowTask = { task: this.#tasks, name, given }
    this.#worker.ref()
    return new Promise((resolve, reject) => {
      this.#waiting.set(task.task, { resolve, reject })
      this.#worker.postMessage(task)
    })
  }

  /** It closes its connection when all that it was asked for is done. */
  close(): Promise<void> {
    this.#worker.ref()
    this.#worker.postMessage('end')
    return this.gone
  }

  #settle({ task, ...answer }: SlowAnswer): void {
    const waiting = this.#waiting.get(task)
    this.#waiting.delete(task)
    if (this.#waiting.size === 0) this.#worker.unref()
    if ('value' in answer) waiting?.resolve(answer.value)
    else waiting?.reject(answer.code ? new KindredError(answer.code, answer.detail, answer) : answer.cause)
  }

  #end(cause: unknown): void {
    this.isGone = true
    for (const { reject } of this.#waiting.values()) {
      reject(new KindredError('INTERNAL', 'The thread that writes has ended.', { cause }))
    }
    this.#waiting.clear()
  }
}

/**
 * The slow work on another thread, so that who asks meanwhile does not wait for it. The thread starts when it is first
 * needed; one that ended is replaced.
 */
export function slowWorkAside(dir: string, { fingerprint, dimension }: PlainSpace): SlowRunner {
  let thread: SlowThread | null = null
  let isClosed = false
  const started = (): SlowThread => {
    if (isClosed) fail('STORE_UNREADABLE', 'The store is closed.')
    if (!thread || thread.isGone) thread = new SlowThread({ dir, space: { fingerprint, dimension } })
    return thread
  }
  return {
    run: async <Name extends SlowName>(name: Name, ...given: Parameters<SlowWork[Name]>) =>
      // What the thread answers is what the function of that name gives.
      (await started().ask(name, given)) as ReturnType<SlowWork[Name]>,
    close: async () => {
      isClosed = true
      if (thread && !thread.isGone) await thread.close()
    },
  }
}
