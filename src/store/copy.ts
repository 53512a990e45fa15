import { join } from 'node:path'
import { fail } from '../domain/errors.ts'
import { DATABASE_FILE } from './open.ts'
import { Sqlite } from './sqlite.ts'
import { translateSqlite } from './sqlite-errors.ts'

/** One MiB at a time: short enough that a server goes on answering in between. */
const PAGES_A_STEP = 256

interface CopyOptions {
  /** The index folder. */
  readonly dir: string
  /** A file that is not there yet. */
  readonly target: string
  readonly signal?: AbortSignal | undefined
  /** The share of the pages that is copied, 0..1. */
  readonly onProgress?: ((share: number) => void) | undefined
}

/**
 * Copies papers.db as it stands at one moment, while others read and write it. The read transaction around the copy
 * holds that moment: without it SQLite's backup begins anew with every write of another connection.
 * Throws INTERRUPTED, STORAGE_FULL, STORE_UNREADABLE, STORE_CORRUPT.
 */
export async function copyDatabase({ dir, target, signal, onProgress }: CopyOptions): Promise<void> {
  const stopIfAsked = () => signal?.aborted && fail('INTERRUPTED')
  try {
    const source = new Sqlite(join(dir, DATABASE_FILE), { readonly: true, fileMustExist: true })
    try {
      source.exec('BEGIN')
      // Only the first read begins the transaction.
      source.prepare('SELECT 1 FROM sqlite_schema').get()
      await source.backup(target, {
        progress: ({ totalPages, remainingPages }) => {
          stopIfAsked()
          onProgress?.(totalPages === 0 ? 0 : 1 - remainingPages / totalPages)
          return PAGES_A_STEP
        },
      })
    } finally {
      source.close()
    }
    stopIfAsked()
    standAlone(target)
  } catch (error) {
    throw translateSqlite(error)
  }
}

/** The copy says of itself that it has a log beside it, as its source has. */
function standAlone(file: string): void {
  const copy = new Sqlite(file)
  try {
    copy.pragma('journal_mode = DELETE')
  } finally {
    copy.close()
  }
}
