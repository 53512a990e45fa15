import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { temporaryName } from '../disk/leftovers.ts'
import { cleanLatex } from '../domain/latex.ts'
import { copyDatabase } from './copy.ts'
import { openDatabase } from './open.ts'
import { dropOrphans, findOrphans, ORPHANED_VECTORS } from './orphans.ts'
import { findPaperFaults, readDocument } from './paper-faults.ts'
import { createSearchText } from './search-text.ts'
import { guarded } from './sqlite-errors.ts'
import { insertValues } from './values-step.ts'
import { dropFaultyVectors, dropVectors, FAULTY_SENTENCES } from './vector-faults.ts'

/** The database as it was before the last repair. */
export const REPAIR_COPY = 'papers.db.before-repair.bak'

/** A source is read again only where its record is not known yet. */
function forgetSources(db: Database): number {
  const { altered } = findPaperFaults(db)
  const forget = db.prepare<[number]>('DELETE FROM provenance WHERE paper = ?')
  for (const { key } of altered) forget.run(key)
  return altered.length
}

/** Words, titles and values of every paper that can be read, by the statements that a write of the paper uses. */
function fillDerived(db: Database): number {
  const searchText = createSearchText(db, { generation: () => 0, isWord: () => true })
  const addValues = db.prepare<[number]>(insertValues('AND key = ?'))
  const rows = db.prepare<[number], { key: number; document: string }>(
    'SELECT key, document FROM papers WHERE key > ? ORDER BY key LIMIT 1',
  )
  let filled = 0
  for (let row = rows.get(0); row; row = rows.get(row.key)) {
    const paper = readDocument(row.document)
    if (!paper) continue
    searchText.replace(row.key, { title: cleanLatex(paper.title), abstract: cleanLatex(paper.abstract) })
    addValues.run(row.key)
    filled += 1
  }
  return filled
}

const CLEAR_DERIVED = `
  INSERT INTO papers_text (papers_text) VALUES ('delete-all');
  INSERT INTO titles_text (titles_text) VALUES ('delete-all');
  DELETE FROM title_places; DELETE FROM words; DELETE FROM paper_values;`

function mend(db: Database): string[] {
  db.exec('REINDEX')
  const orphans = findOrphans(db).map(({ table, rows }) => `dropped ${rows} rows of ${table} without a paper`)
  dropOrphans(db)
  const orphaned = db.prepare<[], number>(ORPHANED_VECTORS).pluck().all()
  const vectors = dropVectors(db, new Set(orphaned)) + dropFaultyVectors(db)
  const sentences = db.prepare(`DELETE FROM sentences WHERE number IN (${FAULTY_SENTENCES})`).run().changes
  const forgotten = forgetSources(db)
  db.exec(CLEAR_DERIVED)
  const filled = fillDerived(db)
  return [
    ...orphans,
    ...(vectors > 0 ? [`dropped ${vectors} vectors, to be embedded anew`] : []),
    ...(sentences > 0 ? [`dropped ${sentences} sets of sentence vectors, to be embedded anew`] : []),
    ...(forgotten > 0 ? [`${forgotten} papers will be taken again from their sources by the next ingest`] : []),
    `built the text index, the titles, the words and the values of ${filled} papers anew`,
  ]
}

/** Beside the database, in one step. */
async function keepCopy(dir: string): Promise<void> {
  const temporary = join(dir, temporaryName(REPAIR_COPY))
  try {
    await copyDatabase({ dir, target: temporary })
    await rename(temporary, join(dir, REPAIR_COPY))
  } finally {
    await rm(temporary, { force: true })
  }
}

/**
 * Builds what is derived anew and drops what belongs to no paper, in one transaction, after a copy of the database was
 * kept. No paper is changed or deleted. Says what was done. Throws STORE_CORRUPT where pages of the papers are damaged:
 * then nothing was changed.
 */
export async function repairDatabase(dir: string): Promise<string[]> {
  await keepCopy(dir)
  return guarded(() => {
    const db = openDatabase({ dir })
    try {
      return db.transaction(() => mend(db)).immediate()
    } finally {
      db.close()
    }
  })
}
