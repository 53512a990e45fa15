import type { Database } from 'better-sqlite3'
import { cleanLatex } from '../domain/latex.ts'
import type { TextTotals } from './bm25.ts'
import type { Generations } from './generation.ts'
import { createPaperChanges } from './paper-changes.ts'

/** A paper as the text index was given it. */
interface PaperText {
  readonly key: number
  readonly title: string
  readonly abstract: string
}

/** The numbers of a block of SQLite's: seven bits a byte, the highest first, and a bit that says whether more follow. */
function* varints(block: Uint8Array): Generator<number> {
  let value = 0
  for (const byte of block) {
    value = value * 128 + (byte & 127)
    if (byte >= 128) continue
    yield value
    value = 0
  }
}

/** What the text index went through since a generation, and what it says of itself. */
export function createTextChanges(db: Database, generations: Generations) {
  const texts = db.prepare<[string], PaperText>(
    `SELECT papers.key, document ->> '$.title' AS title, document ->> '$.abstract' AS abstract
     FROM json_each(?) AS each CROSS JOIN papers ON papers.key = each.value`,
  )
  // FTS5 keeps its averages in row 1: the papers that it was ever given, then the words of each column.
  const averages = db.prepare<[], Buffer>('SELECT block FROM papers_text_data WHERE id = 1').pluck()
  const sizes = db.prepare<[number], Buffer>('SELECT sz FROM papers_text_docsize WHERE id = ?').pluck()

  return {
    ...createPaperChanges(db, generations),
    texts: (keys: readonly number[]): PaperText[] =>
      texts.all(JSON.stringify(keys)).map(({ key, title, abstract }) => ({
        key,
        title: cleanLatex(title),
        abstract: cleanLatex(abstract),
      })),
    totals: (): TextTotals => {
      const [papers = 0, ...words] = varints(averages.get() ?? Buffer.alloc(0))
      return { papers, words: words.reduce((sum, count) => sum + count, 0) }
    },
    /** How many words of a paper are indexed. */
    lengthOf: (key: number): number =>
      [...varints(sizes.get(key) ?? Buffer.alloc(0))].reduce((sum, one) => sum + one, 0),
  }
}
export type TextChanges = ReturnType<typeof createTextChanges>
