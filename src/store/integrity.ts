import type { Database } from 'better-sqlite3'
import { migrate, versionOf } from './migrations.ts'
import { Sqlite } from './sqlite.ts'

/** SQLite stops at this many. */
const MAX_PROBLEMS = 100

/** What SQLite finds wrong with the file's pages, rows and indexes, the text indexes included; none where it is sound. */
export function integrityProblems(db: Database, { quick = false } = {}): string[] {
  const check = db.prepare<[], string>(`PRAGMA ${quick ? 'quick_check' : 'integrity_check'}(${MAX_PROBLEMS})`).pluck()
  try {
    return check.all().filter((line) => line !== 'ok')
  } catch (thrown) {
    // The indexes over fields of the documents read them; only a document that is no JSON makes them fail so.
    if (thrown instanceof Sqlite.SqliteError && thrown.code === 'SQLITE_ERROR') return ['a document is no JSON']
    throw thrown
  }
}

/** Tables that FTS5 keeps beside its virtual ones are its own affair. */
const SCHEMA = `
  SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema
  WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT GLOB '*_text_*' ORDER BY 1`

const statementsOf = (db: Database): string[] => db.prepare<[], string>(SCHEMA).pluck().all()

/**
 * Whether tables, indexes and triggers are those that this Kindred makes for the version that the database gives. One
 * that came from elsewhere may carry others, whose triggers would run with the first write.
 */
export function hasOwnSchema(db: Database): boolean {
  const model = new Sqlite(':memory:')
  try {
    migrate(model, versionOf(db))
    return JSON.stringify(statementsOf(model)) === JSON.stringify(statementsOf(db))
  } finally {
    model.close()
  }
}
