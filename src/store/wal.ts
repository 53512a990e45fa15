import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'

/** SQLite begins the log anew by itself where no reader stands in the way, but leaves the file as large as it was. */
const LARGE = 16 * 1024 * 1024
const LOOK_EVERY_MS = 10_000

/** Size of the write-ahead log of a folder's database, in bytes. */
export const walBytes = (dir: string): number =>
  statSync(join(dir, 'papers.db-wal'), { throwIfNoEntry: false })?.size ?? 0

/** Empties the log and cuts its file, unless a reader or a writer needs it just now: then nobody waits. */
function truncate(db: Database): void {
  const patience = db.pragma('busy_timeout', { simple: true })
  db.pragma('busy_timeout = 0')
  try {
    db.pragma('wal_checkpoint(TRUNCATE)')
  } finally {
    db.pragma(`busy_timeout = ${patience}`)
  }
}

/** Cuts the log of a folder's database where it is larger than `large` bytes and nobody needs it. */
export function cutWal(db: Database, dir: string, large = LARGE): void {
  try {
    if (walBytes(dir) > large) truncate(db)
  } catch {
    // E.g. an export reads from this connection right now. It is tried again, and wal_bytes shows where it stands.
  }
}

/** Has the log cut where it is large, now and then. The timer holds no process. */
export function keepWalSmall(dir: string, cut: () => void, lookEveryMs = LOOK_EVERY_MS): { close(): void } {
  const look = () => walBytes(dir) > LARGE && cut()
  const timer = setInterval(look, lookEveryMs).unref()
  return { close: () => clearInterval(timer) }
}
