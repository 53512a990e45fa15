import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { temporaryName } from '../disk/leftovers.ts'
import { isAlive } from '../disk/process.ts'
import { KindredError } from '../domain/errors.ts'
import { describeWriter, Writer } from '../domain/writer.ts'
import { failInFolder, makeFolder } from './folder.ts'
import { Sqlite } from './sqlite.ts'
import { isBusy } from './sqlite-errors.ts'

/**
 * Never read, copied, deleted or opened by anything but SQLite: on POSIX systems a process that closes any handle of a
 * file loses all its locks on it.
 */
const LOCK_FILE = 'writer.lock'
const INFO_FILE = 'writer.json'

/** A new holder says who it is right after it has the lock; so long is that waited for. */
const INTRODUCTION_MS = 500
const LOOK_EVERY_MS = 25

export interface WriterLock {
  /** See lockId. */
  readonly id: string | null
  /** Says where the server answers; null when it no longer does. */
  announce(url: string | null): void
  release(): void
}

/** A file that is there already is left alone (see above). */
function makeLockFile(file: string, dir: string): void {
  try {
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'
    if (!exists) failInFolder(`The folder "${dir}" cannot be written`, cause)
  }
}

/**
 * A write transaction that is never committed: SQLite's lock on the file is the system's and dies with the process, so
 * that no lock is ever stale. IMMEDIATE, because of several that try at once it lets one in; EXCLUSIVE may refuse all.
 */
function lockFile(file: string): Database | null {
  const db = new Sqlite(file, { timeout: 0, fileMustExist: true })
  try {
    db.pragma('journal_mode = MEMORY')
    db.exec('BEGIN IMMEDIATE')
    return db
  } catch (thrown) {
    db.close()
    if (isBusy(thrown)) return null
    throw thrown
  }
}

function openLock(dir: string): Database | null {
  const file = join(dir, LOCK_FILE)
  makeLockFile(file, dir)
  try {
    return lockFile(file)
  } catch (cause) {
    return failInFolder(`"${file}" cannot be locked`, cause)
  }
}

/** Best effort: on a full disk the lock must still be had, or nothing could be deleted there. */
function introduce(dir: string, writer: Writer): void {
  const file = join(dir, INFO_FILE)
  const temporary = join(dir, temporaryName(INFO_FILE))
  try {
    writeFileSync(temporary, `${JSON.stringify(writer)}\n`, { mode: 0o600 })
    renameSync(temporary, file)
  } catch {
    for (const path of [temporary, file]) discard(path)
  }
}

function discard(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // It is no more than a hint, and every reader of it knows.
  }
}

/** Tells the lock of one folder from that of another; null where there is none. */
export function lockId(dir: string): string | null {
  const found = statSync(join(dir, LOCK_FILE), { throwIfNoEntry: false, bigint: true })
  return found ? `${found.dev}:${found.ino}` : null
}

/** Takes the lock where it is free. Null where another one has it. Throws STORE_UNREADABLE, STORAGE_FULL. */
export function tryWriterLock(dir: string, command: string): WriterLock | null {
  makeFolder(dir)
  const db = openLock(dir)
  if (!db) return null
  let writer: Writer = { pid: process.pid, command, startedAt: new Date().toISOString(), url: null }
  const say = (): void => introduce(dir, writer)
  say()
  return {
    id: lockId(dir),
    announce: (url) => {
      writer = { ...writer, url }
      say()
    },
    release: () => {
      if (!db.open) return
      discard(join(dir, INFO_FILE))
      db.close()
    },
  }
}

/** Who says that it writes to the folder; whether it still does, only the lock tells. */
export function findWriter(dir: string): Writer | null {
  try {
    return Writer.parse(JSON.parse(readFileSync(join(dir, INFO_FILE), 'utf8')))
  } catch {
    return null
  }
}

export const lockedBy = (dir: string): KindredError =>
  new KindredError('INDEX_LOCKED', `The index is locked by ${describeWriter(findWriter(dir))}.`)

/**
 * Takes the lock of an index folder, which is made where it is missing; one process at a time has it. Throws
 * INDEX_LOCKED, which names the holder, STORE_UNREADABLE, STORAGE_FULL.
 */
export async function takeWriterLock(dir: string, command: string): Promise<WriterLock> {
  const until = performance.now() + INTRODUCTION_MS
  for (;;) {
    const lock = tryWriterLock(dir, command)
    if (lock) return lock
    const writer = findWriter(dir)
    if ((writer && isAlive(writer.pid)) || performance.now() > until) throw lockedBy(dir)
    await delay(LOOK_EVERY_MS)
  }
}
