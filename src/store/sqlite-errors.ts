import { type ErrorCode, KindredError } from '../domain/errors.ts'
import { Sqlite } from './sqlite.ts'

/** The first prefix that fits: SQLite's extended codes add a suffix to the primary one. */
const CODES: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ['SQLITE_FULL', 'STORAGE_FULL'],
  // How a full disk or an exhausted quota looks when it is met in the middle of a write.
  ['SQLITE_IOERR_WRITE', 'STORAGE_FULL'],
  ['SQLITE_IOERR_FSYNC', 'STORAGE_FULL'],
  ['SQLITE_IOERR_TRUNCATE', 'STORAGE_FULL'],
  ['SQLITE_IOERR_SHMSIZE', 'STORAGE_FULL'],
  ['SQLITE_IOERR', 'STORE_UNREADABLE'],
  ['SQLITE_BUSY', 'OVERLOADED'],
  ['SQLITE_LOCKED', 'OVERLOADED'],
  ['SQLITE_CORRUPT', 'STORE_CORRUPT'],
  ['SQLITE_NOTADB', 'STORE_CORRUPT'],
  ['SQLITE_CANTOPEN', 'STORE_UNREADABLE'],
  ['SQLITE_READONLY', 'STORE_UNREADABLE'],
]

/** Another connection has the lock that was asked for. */
export const isBusy = (thrown: unknown): boolean =>
  thrown instanceof Sqlite.SqliteError && thrown.code.startsWith('SQLITE_BUSY')

/** SQLite's errors as ours; the text of SQLite stays in the cause, because it may name paths and statements. */
export function translateSqlite(thrown: unknown, what?: string): unknown {
  if (!(thrown instanceof Sqlite.SqliteError)) return thrown
  const code = CODES.find(([prefix]) => thrown.code.startsWith(prefix))?.[1]
  return code ? new KindredError(code, what && `${what} (${thrown.code}).`, { cause: thrown }) : thrown
}

/** Runs a piece of work on the database and translates what it throws; `what` says what could not be done. */
export function guarded<T>(work: () => T, what?: string): T {
  try {
    return work()
  } catch (thrown) {
    throw translateSqlite(thrown, what)
  }
}

/** The same for rows that are read one by one, after the call. */
export function* guardedRows<T>(rows: Iterable<T>): Generator<T> {
  try {
    yield* rows
  } catch (thrown) {
    throw translateSqlite(thrown)
  }
}
