import type { Database } from 'better-sqlite3'

/** Where rows of papers stand besides `papers` itself. */
const TABLES = ['aliases', 'provenance', 'vectors', 'sentences', 'paper_values', 'title_places'] as const

const WITHOUT_PAPER = 'paper NOT IN (SELECT key FROM papers)'

export interface Orphans {
  readonly table: string
  readonly rows: number
}

/** Rows whose paper is not there. */
export function findOrphans(db: Database): Orphans[] {
  return TABLES.flatMap((table) => {
    const rows = db.prepare<[], number>(`SELECT count(*) FROM ${table} WHERE ${WITHOUT_PAPER}`).pluck().get() ?? 0
    return rows > 0 ? [{ table, rows }] : []
  })
}

/** Vectors go by the journal, so that a graph follows; these are the others. */
export function dropOrphans(db: Database): void {
  for (const table of TABLES) {
    if (table !== 'vectors') db.exec(`DELETE FROM ${table} WHERE ${WITHOUT_PAPER}`)
  }
}

export const ORPHANED_VECTORS = `SELECT label FROM vectors WHERE ${WITHOUT_PAPER}`
