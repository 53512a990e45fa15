import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { fail } from '../domain/errors.ts'
import { migrate } from './migrations.ts'
import { Sqlite } from './sqlite.ts'
import { guarded } from './sqlite-errors.ts'

const FILE = 'papers.db'
/** A writer holds the lock for one batch; a reader never waits for it (WAL). */
const BUSY_TIMEOUT_MS = 5_000
const JOURNAL_SIZE_LIMIT = 64 * 1024 * 1024

export interface OpenOptions {
  /** The index folder; made when it is missing. */
  readonly dir: string
  /** Nothing is written, and a missing database is an error. */
  readonly readOnly?: boolean
  /** False leaves sentence vectors alone: none is missing and none is read. */
  readonly evidence?: boolean
}

/** synchronous=FULL: a commit is on the disk before it is acknowledged, also when the power fails. */
function configure(db: Database, readOnly: boolean): void {
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`)
  db.pragma('foreign_keys = ON')
  if (readOnly) {
    // A file that no Kindred wrote is not made one by reading it.
    if (db.pragma('user_version', { simple: true }) === 0) db.pragma('query_only = ON')
    return
  }
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma(`journal_size_limit = ${JOURNAL_SIZE_LIMIT}`)
}

/** Opens papers.db and brings it to this schema. Throws STORE_UNREADABLE, STORE_NEWER. */
export function openDatabase({ dir, readOnly = false }: OpenOptions): Database {
  const file = join(dir, FILE)
  if (readOnly && !existsSync(file)) fail('STORE_UNREADABLE', `There is no index in "${dir}" yet.`)
  try {
    if (!readOnly) mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    fail('STORE_UNREADABLE', `The folder "${dir}" cannot be made.`, { cause })
  }
  return guarded(() => {
    const db = new Sqlite(file, { fileMustExist: readOnly })
    try {
      configure(db, readOnly)
      // Also before reading only: the statements are written for this schema, and a step takes nothing away.
      migrate(db)
      if (readOnly) db.pragma('query_only = ON')
      return db
    } catch (error) {
      db.close()
      throw error
    }
  })
}
