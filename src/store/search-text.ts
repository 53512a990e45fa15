import type { Database } from 'better-sqlite3'
import type { LexicalMatch } from '../domain/ports.ts'

/**
 * Each term in quotes is a plain string to FTS5, whatever it looks like; a quote inside is doubled, and a NUL, where
 * FTS5 would stop reading, parts words. Any of the terms makes a match and BM25 decides the order.
 */
const matchAny = (terms: readonly string[]): string =>
  terms.map((term) => `"${term.replaceAll('"', '""').replaceAll('\0', ' ')}"`).join(' OR ')

/** The text index: BM25 (Robertson and Zaragoza 2009, in FTS5's form) over stemmed title and abstract. */
export function createSearchText(db: Database) {
  const insert = db.prepare<[number, string, string]>(
    'INSERT INTO papers_text (rowid, title, abstract) VALUES (?, ?, ?)',
  )
  const remove = db.prepare<[number]>('DELETE FROM papers_text WHERE rowid = ?')
  // FTS5 gives BM25 negated, so that ascending order is best first.
  const search = db.prepare<[string, number], LexicalMatch>(
    'SELECT rowid AS key, -rank AS bm25 FROM papers_text WHERE papers_text MATCH ? ORDER BY rank, rowid LIMIT ?',
  )
  const count = db.prepare<[string], number>('SELECT count(*) FROM papers_text WHERE papers_text MATCH ?').pluck()
  const holds = db
    .prepare<[string, number], number>('SELECT 1 FROM papers_text WHERE papers_text MATCH ? AND rowid = ?')
    .pluck()

  return {
    /** Inside a transaction. */
    replace: (key: number, text: { readonly title: string; readonly abstract: string }) => {
      remove.run(key)
      insert.run(key, text.title, text.abstract)
    },
    /** Inside a transaction. */
    drop: (key: number) => remove.run(key),
    search: (terms: readonly string[], limit: number): { matches: LexicalMatch[]; total: number } => {
      if (terms.length === 0) return { matches: [], total: 0 }
      const query = matchAny(terms)
      return { matches: search.all(query, limit), total: count.get(query) ?? 0 }
    },
    termsIn: (key: number, terms: readonly string[]): string[] =>
      terms.filter((term) => holds.get(matchAny([term]), key) !== undefined),
  }
}
export type SearchText = ReturnType<typeof createSearchText>
