import { Worker } from 'node:worker_threads'

interface Job {
  /** The path of what the thread runs. */
  readonly program: string
  readonly task: unknown
  /** For the error where it ends without a result: the thread that … */
  readonly does: string
}

/** The one message of a thread that is started for it. Rejects where it fails, or ends before. */
export function threadResult<Result>({ program, task, does }: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, { workerData: task })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the thread that ${does} ended with ${code}`)))
  })
}
