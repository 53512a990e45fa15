import type { Database } from 'better-sqlite3'
import { quoted } from './search-text.ts'

/** Finds papers by parts of their very text: nothing is corrected or left out, as it would be in a question. */
export function createPhrases(db: Database) {
  const search = db
    .prepare<[string, number], number>(
      'SELECT rowid FROM papers_text WHERE papers_text MATCH ? ORDER BY rank, rowid LIMIT ?',
    )
    .pluck()
  return (phrases: readonly string[], limit: number): number[] =>
    phrases.length === 0 ? [] : search.all(phrases.map(quoted).join(' OR '), limit)
}
