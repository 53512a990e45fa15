import { workerData } from 'node:worker_threads'
import { Sqlite } from './sqlite.ts'

/** What wal.ts hands to this thread. */
export interface CheckpointTask {
  readonly file: string
}

const { file }: CheckpointTask = workerData
const db = new Sqlite(file, { fileMustExist: true })
try {
  db.pragma('synchronous = FULL')
  // Nobody waits for it, and it waits for nobody: what is in use stays for the next one.
  db.pragma('wal_checkpoint(PASSIVE)')
} finally {
  db.close()
}
