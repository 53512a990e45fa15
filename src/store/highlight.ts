import type { Database } from 'better-sqlite3'
import type { Highlights, Range } from '../domain/ports.ts'
import { spacedText } from '../domain/terms.ts'
import { quoted } from './search-text.ts'
import { Sqlite } from './sqlite.ts'

/** The marks that FTS5 sets. Control characters of a text itself become spaces first. */
const [OPEN, CLOSE] = ['\u0001', '\u0002']
const CONTROLS = /\p{Cc}/gu
/** Outside ASCII the index folds characters into others; one with its marks is folded as a whole. */
const CHARACTERS = /\P{M}\p{M}*|\p{M}+/gsu
const ASCII = /^\p{ASCII}*$/u

interface Texts {
  readonly title: string
  readonly abstract: string
}

/** A text as the index reads it, and which part of the original each of its units comes from. */
interface Folded {
  readonly text: string
  readonly rangeOf: (start: number, end: number) => Range
}

function fold(original: string): Folded {
  const plain = original.replace(CONTROLS, ' ')
  if (ASCII.test(plain)) return { text: plain, rangeOf: (start, end) => [start, end] }
  const starts: number[] = []
  const ends: number[] = []
  let text = ''
  for (const { 0: character, index } of plain.matchAll(CHARACTERS)) {
    text += spacedText(character)
    while (starts.length < text.length) {
      starts.push(index)
      ends.push(index + character.length)
    }
  }
  return { text, rangeOf: (start, end) => [starts[start] ?? 0, ends[end - 1] ?? 0] }
}

function rangesOf(marked: string, { rangeOf }: Folded): Range[] {
  const ranges: Range[] = []
  let start = 0
  let marks = 0
  for (let at = 0; at < marked.length; at += 1) {
    const unit = marked.charAt(at)
    if (unit === OPEN) start = at - marks
    else if (unit === CLOSE) ranges.push(rangeOf(start, at - marks))
    if (unit === OPEN || unit === CLOSE) marks += 1
  }
  return ranges
}

function openTable(): Database {
  const db = new Sqlite(':memory:')
  db.exec("CREATE VIRTUAL TABLE shown USING fts5 (title, abstract, tokenize = 'porter unicode61 remove_diacritics 2')")
  return db
}

/**
 * The places of terms in texts, found by FTS5 itself in a small table in memory, so that a word is marked exactly when
 * the text index would find it.
 */
export function createHighlighter() {
  let db: Database | undefined

  function mark(texts: readonly Texts[], terms: readonly string[]): Highlights[] {
    const found = texts.map((): Highlights => ({ title: [], abstract: [] }))
    if (terms.length === 0) return found
    db ??= openTable()
    const folded = texts.map(({ title, abstract }) => ({ title: fold(title), abstract: fold(abstract) }))
    db.exec('DELETE FROM shown')
    const insert = db.prepare<[number, string, string]>('INSERT INTO shown (rowid, title, abstract) VALUES (?, ?, ?)')
    for (const [at, { title, abstract }] of folded.entries()) insert.run(at, title.text, abstract.text)
    const select = db.prepare<[string], Texts & { readonly at: number }>(
      `SELECT rowid AS at, highlight(shown, 0, char(1), char(2)) AS title, highlight(shown, 1, char(1), char(2)) AS abstract
       FROM shown WHERE shown MATCH ?`,
    )
    for (const { at, title, abstract } of select.all(terms.map(quoted).join(' OR '))) {
      const text = folded[at]
      if (text) found[at] = { title: rangesOf(title, text.title), abstract: rangesOf(abstract, text.abstract) }
    }
    return found
  }

  return { mark, close: () => void db?.close() }
}
