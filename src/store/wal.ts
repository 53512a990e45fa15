import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Database } from 'better-sqlite3'
import { z } from 'zod'
import { isFull, syncToDisk } from '../disk/sync.ts'
import { fail } from '../domain/errors.ts'
import type { CheckpointTask } from './checkpoint-worker.ts'

const Counts = z.object({ log: z.int(), checkpointed: z.int() })

// Resolved through package.json, because it is the compiled file that a thread can run, also when this one is not.
const WORKER = createRequire(import.meta.url).resolve('#checkpoint-worker')

/** SQLite begins the log anew by itself where no reader stands in the way, but leaves the file as large as it was. */
const LARGE = 16 * 1024 * 1024
const LOOK_EVERY_MS = 10_000
/** Pages that wait in the log; so many SQLite itself takes for enough to copy them into the database. */
const LONG = 1_000
const FOLLOW_EVERY_MS = 250
/** From here on a commit copies them itself: the thread is too slow, or there is none. */
const TOO_LONG = 8_000

/** Size of the write-ahead log of a folder's database, in bytes. */
export const walBytes = (dir: string): number =>
  statSync(join(dir, 'papers.db-wal'), { throwIfNoEntry: false })?.size ?? 0

/**
 * Commits without waiting for the disk, which holds up everybody for as long as that takes (4 ms on a quiet one, 90 on a
 * busy one). Whoever acknowledges the commit waits for `syncLog` first.
 */
export function commitAhead<T>(db: Database, commit: () => T): T {
  db.pragma('synchronous = NORMAL')
  try {
    return commit()
  } finally {
    db.pragma('synchronous = FULL')
  }
}

/** Resolves when all commits so far are on the disk. Throws STORAGE_FULL. */
export async function syncLog(dir: string): Promise<void> {
  try {
    // Not the handle of SQLite; the system writes what either wrote. The log bears no locks that a close would drop.
    await syncToDisk(join(dir, 'papers.db-wal'))
    // The first commit makes the log, and a file is found again only when its folder is on the disk, too.
    await syncToDisk(dir)
  } catch (cause) {
    if (isFull(cause)) fail('STORAGE_FULL', undefined, { cause })
    throw cause
  }
}

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

/** Copies what the log holds into the database, on another thread. Resolves when the thread is gone, well or not. */
function checkpointOnThread(file: string): Promise<void> {
  const task: CheckpointTask = { file }
  return new Promise((resolve) => {
    const worker = new Worker(WORKER, { workerData: task })
    // E.g. a full disk: the next commit says so.
    worker.once('error', () => undefined)
    worker.once('exit', () => resolve())
  })
}

/** How many pages of the log are not in the database yet; 0 while the connection is in use. */
function waitingPages(db: Database): number {
  try {
    // NOOP copies nothing and only counts.
    const [counts] = z.array(Counts).parse(db.pragma('wal_checkpoint(NOOP)'))
    return counts ? counts.log - counts.checkpointed : 0
  } catch {
    return 0
  }
}

/**
 * Has a long log copied into the database on another thread: a commit that does it itself holds up everybody for up to
 * 100 ms.
 */
export function followWal(db: Database, followEveryMs = FOLLOW_EVERY_MS): { close(): Promise<void> } {
  db.pragma(`wal_autocheckpoint = ${TOO_LONG}`)
  let running: Promise<void> | null = null
  const look = (): void => {
    if (running || waitingPages(db) < LONG) return
    running = checkpointOnThread(db.name).finally(() => {
      running = null
    })
  }
  const timer = setInterval(look, followEveryMs).unref()
  return {
    close: async () => {
      clearInterval(timer)
      await running
    },
  }
}

/** Keeps the log small. The timer holds no process. */
export function keepWalSmall(db: Database, dir: string, lookEveryMs = LOOK_EVERY_MS): { close(): void } {
  const timer = setInterval(() => cutWal(db, dir), lookEveryMs).unref()
  return { close: () => clearInterval(timer) }
}
