import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { Sqlite } from '../../../src/store/sqlite.ts'

/** Looks at the database itself, beside whatever server has it open. */
function withDatabase<T>(dir: string, work: (db: Database) => T): T {
  const db = new Sqlite(join(dir, 'papers.db'), { readonly: true, fileMustExist: true })
  try {
    return work(db)
  } finally {
    db.close()
  }
}

/** Papers that lack a part which is written with them, by part. */
const HALVES = {
  vectors: 'SELECT count(*) FROM papers WHERE key NOT IN (SELECT paper FROM vectors)',
  aliases: 'SELECT count(*) FROM papers WHERE key NOT IN (SELECT paper FROM aliases)',
  provenance: 'SELECT count(*) FROM papers WHERE key NOT IN (SELECT paper FROM provenance)',
  text: 'SELECT abs((SELECT count(*) FROM papers) - (SELECT count(*) FROM papers_text))',
  orphans: 'SELECT count(*) FROM vectors WHERE paper NOT IN (SELECT key FROM papers)',
} as const

export interface Health {
  readonly integrity: unknown
  readonly halves: Readonly<Record<string, unknown>>
}

export const HEALTHY: Health = {
  integrity: 'ok',
  halves: Object.fromEntries(Object.keys(HALVES).map((part) => [part, 0])),
}

/** SQLite's own check, and whether every paper is whole. */
export function healthOf(dir: string): Health {
  return withDatabase(dir, (db) => ({
    integrity: db.pragma('integrity_check', { simple: true }),
    halves: Object.fromEntries(Object.entries(HALVES).map(([part, sql]) => [part, db.prepare(sql).pluck().get()])),
  }))
}

/** Temporary files that no living writer is at work on; `pid` is of the server that has the folder open. */
export const leftovers = (dir: string, pid = 0): string[] =>
  readdirSync(dir).filter((name) => name.endsWith('.tmp') && !name.includes(`.${pid}-`))
