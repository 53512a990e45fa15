import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { fail } from '../domain/errors.ts'
import { copyBeforeUpgrade } from './copy-before-upgrade.ts'
import { makeFolder, removeRestoreLeftovers } from './folder.ts'
import { addFunctions, migrate, SCHEMA_VERSION, versionOf } from './migrations.ts'
import { Sqlite } from './sqlite.ts'
import { guarded, isBusy } from './sqlite-errors.ts'
import { lockedBy, tryWriterLock } from './writer-lock.ts'

export const DATABASE_FILE = 'papers.db'
/** A writer holds the lock for one batch; a reader never waits for it (WAL). */
const BUSY_TIMEOUT_MS = 5_000
const JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024
const RETRY_EVERY_MS = 10

export interface OpenOptions {
  /** The index folder; made when it is missing. */
  readonly dir: string
  /** Nothing is written, and a missing database is an error. */
  readonly readOnly?: boolean
  /** Read only, and for as long as a server: what pays after some questions is made ready. */
  readonly follows?: boolean
  /** Writes, and what reads every paper, go through a thread: for who answers others meanwhile. */
  readonly aside?: boolean
  /** False leaves sentence vectors alone: none is missing and none is read. */
  readonly evidence?: boolean
  /** How many papers it takes for the text index to be kept in memory, too. */
  readonly lexicalFrom?: number
  /** Memory for papers that were asked for last, in bytes (an estimate); 0 keeps none. */
  readonly paperCacheBytes?: number
}

/** SQLite does not wait for its turn when a new file is switched to WAL while another process looks at it. */
function switchToWal(db: Database): void {
  const until = performance.now() + BUSY_TIMEOUT_MS
  for (;;) {
    try {
      db.pragma('journal_mode = WAL')
      return
    } catch (thrown) {
      if (!isBusy(thrown) || performance.now() > until) throw thrown
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_EVERY_MS)
    }
  }
}

/** synchronous=FULL: a commit is on the disk before it is acknowledged, also when the power fails. */
function configure(db: Database, readOnly: boolean): void {
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.pragma('foreign_keys = ON')
  if (readOnly) return
  switchToWal(db)
  db.pragma('synchronous = FULL')
  db.pragma(`journal_size_limit = ${JOURNAL_SIZE_LIMIT}`)
}

/**
 * The statements are written for this schema, and a step takes nothing away, so a reader too brings an older one up: as
 * the writer that it is for that moment, never beside another one. Throws INDEX_LOCKED.
 */
function migrateForReader(db: Database, dir: string): void {
  const version = versionOf(db)
  // A file that no Kindred wrote is not made one by reading it; nor is one that the first writer is about to fill.
  if (version === 0) fail('STORE_UNREADABLE', `There is no index in "${dir}" yet.`)
  const lock = version < SCHEMA_VERSION ? tryWriterLock(dir, 'kindred, changing the schema') : undefined
  if (lock === null) throw lockedBy(dir)
  try {
    copyBeforeUpgrade(db, dir)
    migrate(db)
  } finally {
    lock?.release()
  }
  db.pragma('query_only = ON')
}

function openFile(file: string, { dir, readOnly = false }: OpenOptions): Database {
  const db = new Sqlite(file, { fileMustExist: readOnly })
  try {
    configure(db, readOnly)
    if (readOnly) migrateForReader(db, dir)
    else {
      removeRestoreLeftovers(dir)
      copyBeforeUpgrade(db, dir)
      migrate(db)
    }
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens papers.db and brings it to this schema. Throws STORE_UNREADABLE, STORE_NEWER, INDEX_LOCKED. */
export function openDatabase(options: OpenOptions): Database {
  const { dir, readOnly = false } = options
  const file = join(dir, DATABASE_FILE)
  if (readOnly && !existsSync(file)) fail('STORE_UNREADABLE', `There is no index in "${dir}" yet.`)
  if (!readOnly) makeFolder(dir)
  return guarded(() => openFile(file, options), `The database in "${dir}" cannot be opened`)
}

/** Another connection of this process to a database that `openDatabase` has opened to write. */
export function openAgain(dir: string): Database {
  const db = new Sqlite(join(dir, DATABASE_FILE), { fileMustExist: true })
  configure(db, false)
  addFunctions(db)
  return db
}
