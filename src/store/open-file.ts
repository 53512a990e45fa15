import type { Database } from 'better-sqlite3'
import { addFunctions } from './migrations.ts'
import { Sqlite } from './sqlite.ts'
import { guarded } from './sqlite-errors.ts'

/** Runs a piece of work on a database file that is only looked at; views and triggers in it may call nothing of ours. */
export function withDatabaseFile<T>(file: string, work: (db: Database) => T): T {
  return guarded(() => {
    const db = new Sqlite(file, { readonly: true, fileMustExist: true })
    try {
      db.pragma('trusted_schema = OFF')
      addFunctions(db)
      return work(db)
    } finally {
      db.close()
    }
  })
}
