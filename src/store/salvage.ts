import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import type { Paper } from '../domain/paper.ts'
import { DATABASE_FILE } from './open.ts'
import { readDocument } from './paper-faults.ts'
import { Sqlite } from './sqlite.ts'
import { guarded } from './sqlite-errors.ts'

/** Where the keys of papers stand, each on pages of its own. */
const KEYS = [
  'SELECT key FROM papers',
  'SELECT paper FROM vectors',
  'SELECT paper FROM aliases',
  'SELECT paper FROM title_places',
]

/** What each of them still says; a walk ends where it meets a damaged page. */
function knownKeys(db: Database): number[] {
  const keys = new Set<number>()
  for (const sql of KEYS) {
    try {
      for (const key of db.prepare<[], number>(sql).pluck().iterate()) keys.add(key)
    } catch {
      // The others may know the rest.
    }
  }
  return [...keys].sort((one, other) => one - other)
}

function readOne(read: () => string | undefined): Paper | null {
  try {
    return readDocument(read() ?? '')
  } catch {
    return null
  }
}

/**
 * Every paper of a damaged database that can still be read, one by one, so that a damaged page costs only its own.
 * Throws STORE_CORRUPT where SQLite cannot even open the file.
 */
export function* salvagePapers(dir: string): Generator<Paper> {
  const db = guarded(() => new Sqlite(join(dir, DATABASE_FILE), { readonly: true, fileMustExist: true }))
  try {
    const document = guarded(() => db.prepare<[number], string>('SELECT document FROM papers WHERE key = ?').pluck())
    for (const key of knownKeys(db)) {
      const paper = readOne(() => document.get(key))
      if (paper) yield paper
    }
  } finally {
    db.close()
  }
}
