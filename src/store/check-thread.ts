import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'

// Resolved through package.json, because it is the compiled file that a thread can run, also when this one is not.
const WORKER = createRequire(import.meta.url).resolve('#check-worker')

/**
 * What SQLite finds wrong with a database file, as integrityProblems; on another thread, because the check takes
 * seconds and nothing can interrupt it.
 */
export function checkOnThread(file: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: { file } })
    let problems: string[] | null = null
    worker.once('message', (found: string[]) => {
      problems = found
    })
    worker.once('error', reject)
    // Not before its connection is closed: the file may be removed then.
    worker.once('exit', (code) => {
      if (problems) resolve(problems)
      else reject(new Error(`the thread that checks the database ended with ${code}`))
    })
  })
}
