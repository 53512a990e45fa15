import type { Database } from 'better-sqlite3'
import { insertValues } from './values-step.ts'

const count = (db: Database, sql: string): number =>
  db.prepare<[], number>(`SELECT count(*) FROM (${sql})`).pluck().get() ?? 0

/** Papers that the text index or the titles lack, and entries there that are of no paper. */
export function countTextFaults(db: Database): number {
  const texts = 'SELECT id FROM papers_text_docsize'
  const titles = 'SELECT id & 0xffffffff AS id FROM titles_text_docsize'
  return [texts, titles].reduce(
    (sum, ids) =>
      sum + count(db, `SELECT key FROM papers EXCEPT ${ids}`) + count(db, `${ids} EXCEPT SELECT key FROM papers`),
    0,
  )
}

const COLUMNS = 'field, value, paper, shown'

/** Values for filters and counts that are not those of the papers, in either direction. */
export function countValueFaults(db: Database): number {
  // A temporary table goes before the one of the same name, so that the very statement of the writer fills it.
  db.exec(
    'CREATE TEMP TABLE paper_values (field TEXT, value ANY, paper INTEGER, shown ANY, PRIMARY KEY (field, value, paper)) STRICT, WITHOUT ROWID',
  )
  try {
    db.exec(insertValues())
    const [stored, right] = [`SELECT ${COLUMNS} FROM main.paper_values`, `SELECT ${COLUMNS} FROM temp.paper_values`]
    return count(db, `${stored} EXCEPT ${right}`) + count(db, `${right} EXCEPT ${stored}`)
  } finally {
    db.exec('DROP TABLE temp.paper_values')
  }
}
