import type { Database } from 'better-sqlite3'
import type { LexicalAnswer, LexicalMatch, Selection } from '../domain/ports.ts'
import { spacedText } from '../domain/terms.ts'
import { createTermCorrector } from './correct-terms.ts'
import type { LexicalIndex } from './lexical-index.ts'
import { createTitles } from './suggest.ts'
import { createVocabulary } from './vocabulary.ts'

/** Above this a count is only said to be large. */
const MAX_FREQUENCY = 1_000

/**
 * In quotes a term is a plain string to FTS5, whatever it looks like; a quote inside is doubled, and a NUL, where FTS5
 * would stop reading, parts words. Several words are a phrase: they stand side by side.
 */
export const quoted = (term: string): string => `"${spacedText(term).replaceAll('"', '""').replaceAll('\0', ' ')}"`

/** Any of the terms makes a match and BM25 decides the order. */
const matchAny = (terms: readonly string[]): string => terms.map(quoted).join(' OR ')

interface Outside {
  readonly generation: () => number
  /** Words that are never taken for misspellings. */
  readonly isWord: (word: string) => boolean
  /** Left out where nothing is searched. */
  readonly lexical?: LexicalIndex | undefined
}

interface Scope {
  readonly limit: number
  readonly within?: Selection | undefined
  /** That of the database as it is now, where it is left out. */
  readonly generation?: number
}

/** The text index: BM25 (Robertson and Zaragoza 2009, in FTS5's form) over stemmed title and abstract. */
export function createSearchText(db: Database, { generation, isWord, lexical }: Outside) {
  const vocabulary = createVocabulary(db)
  const titles = createTitles(db, vocabulary)
  const insert = db.prepare<[number, string, string]>(
    'INSERT INTO papers_text (rowid, title, abstract) VALUES (?, ?, ?)',
  )
  const remove = db.prepare<[number]>('DELETE FROM papers_text WHERE rowid = ?')
  // FTS5 gives BM25 negated, so that ascending order is best first.
  const search = db.prepare<[string, number], LexicalMatch>(
    'SELECT rowid AS key, -rank AS bm25 FROM papers_text WHERE papers_text MATCH ? ORDER BY rank, rowid LIMIT ?',
  )
  const count = db.prepare<[string], number>('SELECT count(*) FROM papers_text WHERE papers_text MATCH ?').pluck()
  const ranked = db.prepare<[string], LexicalMatch>(
    'SELECT rowid AS key, -rank AS bm25 FROM papers_text WHERE papers_text MATCH ? ORDER BY rank, rowid',
  )
  const keys = db.prepare<[string], number>('SELECT rowid FROM papers_text WHERE papers_text MATCH ?').pluck()
  // A number is bound as REAL, and FTS5 passes over a rowid that is no INTEGER: every paper would hold the term.
  const holds = db
    .prepare<[string, number], number>(
      'SELECT 1 FROM papers_text WHERE papers_text MATCH ? AND rowid = CAST(? AS INTEGER)',
    )
    .pluck()
  const frequency = db
    .prepare<[string, number], number>(
      'SELECT count(*) FROM (SELECT 1 FROM papers_text WHERE papers_text MATCH ? LIMIT ?)',
    )
    .pluck()
  const papersWith = (query: string, limit: number): number => frequency.get(query, limit) ?? 0
  const correct = createTermCorrector({
    vocabulary,
    generation,
    isWord,
    frequency: (text) => {
      const known = lexical?.current()?.frequencyOf(text)
      return known == null ? papersWith(quoted(text), MAX_FREQUENCY) : Math.min(known, MAX_FREQUENCY)
    },
    addsTo: (word, other) => papersWith(`${quoted(word)} NOT ${quoted(other)}`, 1) > 0,
  })

  /** Goes down the whole ranking until there are enough: a list that was cut before would starve a narrow selection. */
  function bestWithin(within: Selection, query: string, limit: number): LexicalMatch[] {
    const matches: LexicalMatch[] = []
    if (limit === 0) return matches
    for (const match of ranked.iterate(query)) {
      if (within.has(match.key) && matches.push(match) === limit) break
    }
    return matches
  }

  return {
    /** Inside a transaction. */
    replace: (key: number, text: { readonly title: string; readonly abstract: string }) => {
      remove.run(key)
      insert.run(key, spacedText(text.title), spacedText(text.abstract))
      titles.replace(key, text.title)
      vocabulary.note(`${text.title} ${text.abstract}`)
    },
    /** Inside a transaction. */
    drop: (key: number) => {
      remove.run(key)
      titles.drop(key)
    },
    suggest: titles.suggest,
    search: (terms: readonly string[], { limit, within, generation: now = generation() }: Scope): LexicalAnswer => {
      const { terms: searched, corrections } = correct(terms, now)
      if (searched.length === 0) return { matches: [], total: 0, corrections }
      const best = lexical?.current(now)?.best(searched, limit, within)
      if (best) return { matches: best.matches, total: best.total, corrections }
      const query = matchAny(searched)
      if (!within) return { matches: search.all(query, limit), total: count.get(query) ?? 0, corrections }
      const total = keys.all(query).filter((key) => within.has(key)).length
      return { matches: bestWithin(within, query, Math.min(limit, total)), total, corrections }
    },
    /** How many papers hold each term as it is written. */
    frequencies: (terms: readonly string[]): number[] => {
      const known = lexical?.current()?.frequenciesOf(terms) ?? []
      return terms.map((term, at) => known[at] ?? count.get(quoted(term)) ?? 0)
    },
    /** Every paper that holds any of the terms. */
    keysOf: (terms: readonly string[]): number[] => {
      const searched = correct(terms).terms
      return searched.length === 0 ? [] : keys.all(matchAny(searched))
    },
    /** The terms as they are searched for. */
    corrected: (terms: readonly string[]): readonly string[] => correct(terms).terms,
    termsIn: (key: number, terms: readonly string[]): string[] =>
      correct(terms).terms.filter((term) => holds.get(quoted(term), key) !== undefined),
  }
}
export type SearchText = ReturnType<typeof createSearchText>
