import { createHmac } from 'node:crypto'
import type { Database } from 'better-sqlite3'
import { citationKey, citationStem } from '../domain/citation-key.ts'
import type { Paper } from '../domain/paper.ts'

/** The keys that texts cite papers by: given when a paper is written, and never given again. */
export function createCitationKeys(db: Database) {
  const has = db
    .prepare<[string, string], number>('SELECT 1 FROM citation_keys WHERE paper_id = ? AND stem = ?')
    .pluck()
  const next = db
    .prepare<[string], number>('SELECT coalesce(max(place) + 1, 0) FROM citation_keys WHERE stem = ?')
    .pluck()
  const insert = db.prepare<[string, string, string, number]>(
    'INSERT INTO citation_keys (citation_key, paper_id, stem, place) VALUES (?, ?, ?, ?)',
  )
  const ofPaper = db
    .prepare<[number], string>(
      `SELECT citation_key FROM papers JOIN citation_keys ON paper_id = id AND stem = citation_stem(document)
       WHERE key = ?`,
    )
    .pluck()
  const idOf = db.prepare<[string], string>('SELECT paper_id FROM citation_keys WHERE citation_key = ?').pluck()
  const idOfKey = db.prepare<[number], string>('SELECT id FROM papers WHERE key = ?').pluck()

  return {
    /** Inside a transaction: a key for the paper as it is now; those that it had before still lead to it. */
    give: (key: number, paper: Paper): void => {
      const id = idOfKey.get(key) ?? paper.id
      const stem = citationStem(paper)
      if (has.get(id, stem) !== undefined) return
      const place = next.get(stem) ?? 0
      insert.run(citationKey(stem, place), id, stem, place)
    },
    ofPapers: (keys: readonly number[]): Map<number, string> =>
      new Map(
        keys.flatMap((key) => {
          const found = ofPaper.get(key)
          return found === undefined ? [] : [[key, found]]
        }),
      ),
    /** The id of the paper that was given the key, whether or not it is still there. */
    idOf: (citation: string): string | undefined => idOf.get(citation.toLowerCase()),
  }
}
export type CitationKeys = ReturnType<typeof createCitationKeys>

/** HMAC-SHA256 under the secret of the database, which nothing gives out. */
export function createSeal(db: Database): (text: string) => string {
  const secret = db.prepare<[], string>("SELECT value FROM meta WHERE name = 'secret'").pluck().get() ?? ''
  return (text) => createHmac('sha256', secret).update(text).digest('hex')
}
