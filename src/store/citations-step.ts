import type { Database } from 'better-sqlite3'
import { citationKey, citationStem } from '../domain/citation-key.ts'
import { paperOf } from './rows.ts'

/** What CITATIONS_STEP and the look-ups of keys call. */
export function addCitationFunctions(db: Database): void {
  const options = { deterministic: true, directOnly: true }
  db.function('citation_stem', options, (document) =>
    citationStem(paperOf({ key: 0, document: String(document), text_hash: '' })),
  )
  db.function('citation_key', options, (stem, place) => citationKey(String(stem), Number(place)))
}

/**
 * Every citation key that was ever given. A row outlives its paper: a key that stood in somebody's text never comes to
 * mean another paper, and the same paper, read again, gets it back. The secret is what `seal` works with.
 */
export const CITATIONS_STEP = `
  CREATE TABLE citation_keys (
    citation_key TEXT PRIMARY KEY,
    paper_id TEXT NOT NULL,
    stem TEXT NOT NULL,
    place INTEGER NOT NULL,
    UNIQUE (paper_id, stem),
    UNIQUE (stem, place)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO citation_keys (citation_key, paper_id, stem, place)
    SELECT citation_key(stem, place), id, stem, place FROM (
      SELECT id, stem, row_number() OVER (PARTITION BY stem ORDER BY key) - 1 AS place FROM (
        SELECT key, id, citation_stem(document) AS stem FROM papers));
  INSERT OR IGNORE INTO meta VALUES ('secret', lower(hex(randomblob(32))));`
