import { parentPort, workerData } from 'node:worker_threads'
import { blockBuffers, buildPostings } from './build-postings.ts'
import { Sqlite } from './sqlite.ts'

/** What postings-thread.ts hands to this thread. `stop` is 1 as soon as nobody waits for the postings any more. */
export interface PostingsTask {
  readonly file: string
  readonly stop: Int32Array<SharedArrayBuffer>
}

const { file, stop }: PostingsTask = workerData
const db = new Sqlite(file, { readonly: true, fileMustExist: true })
try {
  const blocks = buildPostings(db, () => Atomics.load(stop, 0) === 0)
  if (blocks) parentPort?.postMessage(blocks, blockBuffers(blocks))
} finally {
  // Before the thread ends: a connection that is open then would be closed by no one.
  db.close()
}
