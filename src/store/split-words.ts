import { spacedText } from '../domain/terms.ts'
import type { PaperWords } from './postings.ts'
import { Sqlite } from './sqlite.ts'
import { createWordReader, TOKENIZER } from './text-words.ts'

/** Terms whose words are kept in memory; they are forgotten all at once. */
const MAX_KEPT = 10_000

interface Text {
  readonly key: number
  readonly title: string
  readonly abstract: string
}

interface Collected {
  readonly words: Map<string, number>
  length: number
}

function openTable() {
  const db = new Sqlite(':memory:')
  db.exec(`CREATE VIRTUAL TABLE texts USING fts5 (
    title, abstract, content = '', contentless_delete = 1, tokenize = '${TOKENIZER}')`)
  const insert = db.prepare<[number, string, string]>('INSERT INTO texts (rowid, title, abstract) VALUES (?, ?, ?)')
  return {
    insert: ({ key, title, abstract }: Text) => insert.run(key, spacedText(title), spacedText(abstract)),
    words: createWordReader(db, 'texts'),
    clear: () => void db.exec("INSERT INTO texts (texts) VALUES ('delete-all')"),
    transaction: <T>(work: () => T): T => db.transaction(work)(),
    close: () => void db.close(),
  }
}

/** Splits texts into words as the text index does: FTS5 itself does it, in a small table in memory. */
export function createWordSplitter() {
  let table: ReturnType<typeof openTable> | undefined
  /** Null for a phrase of several words. */
  const kept = new Map<string, readonly string[] | null>()

  function split(texts: readonly Text[]): PaperWords[] {
    table ??= openTable()
    const { insert, words, clear, transaction } = table
    const collected = new Map(texts.map(({ key }): [number, Collected] => [key, { words: new Map(), length: 0 }]))
    transaction(() => {
      for (const text of texts) insert(text)
      for (const { word, visit } of words()) {
        visit((key, weight) => {
          const paper = collected.get(key)
          if (!paper) return
          paper.words.set(word, (paper.words.get(word) ?? 0) + weight)
          paper.length += 1
        })
      }
      clear()
    })
    return [...collected].map(([key, paper]) => ({ key, ...paper }))
  }

  function keep(terms: readonly string[]): void {
    if (kept.size + terms.length > MAX_KEPT) kept.clear()
    const texts = terms.map((term, key) => ({ key, title: '', abstract: term.replaceAll('\0', ' ') }))
    for (const { key, words, length } of split(texts)) {
      kept.set(terms[key] ?? '', length > 1 ? null : [...words.keys()])
    }
  }

  return {
    /** The words of papers. */
    papers: split,
    /** The word of each term, those of none left out. Null where one of them is a phrase of several words. */
    terms: (terms: readonly string[]): string[] | null => {
      const unknown = terms.filter((term) => !kept.has(term))
      if (unknown.length > 0) keep(unknown)
      const words: string[] = []
      for (const term of terms) {
        const own = kept.get(term)
        if (!own) return null
        words.push(...own)
      }
      return words
    },
    close: () => table?.close(),
  }
}
export type WordSplitter = ReturnType<typeof createWordSplitter>
