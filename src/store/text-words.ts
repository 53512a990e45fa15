import type { Database } from 'better-sqlite3'

/** How the text index splits text into words, as migrations.ts declares it. */
export const TOKENIZER = 'porter unicode61 remove_diacritics 2'

/** What an occurrence counts for BM25, as migrations.ts declares it: a word in a title stands for four. */
const TITLE_WEIGHT = 4

const [ZERO, COMMA] = [48, 44]

interface WordRow {
  readonly word: Buffer
  readonly places: Buffer
}

/** Told of each occurrence: the paper's key and the occurrence's weight. */
type Visit = (key: number, weight: number) => void

/**
 * The words of an FTS5 table as they are indexed, in the order of their bytes. A word is a string of its UTF-8 bytes, a
 * character each: what FTS5 cuts at 32 kB need not end with a whole character.
 */
export interface IndexedWord {
  readonly word: string
  /** Visits the occurrences, those of a paper side by side. */
  readonly visit: (each: Visit) => void
}

/** Numbers as SQLite joins them, `16,17,20`: twice the key of the paper, one more for an occurrence in the title. */
function visitPlaces(places: Buffer, each: Visit): void {
  let value = 0
  for (let at = 0; at <= places.length; at += 1) {
    const digit = places[at] ?? COMMA
    if (digit !== COMMA) {
      value = value * 10 + digit - ZERO
      continue
    }
    const inTitle = value % 2
    each((value - inTitle) / 2, inTitle === 1 ? TITLE_WEIGHT : 1)
    value = 0
  }
}

/**
 * Reads the words of the FTS5 table `table`, whose columns are `title` and `abstract`. The table fts5vocab is ordered by
 * word; a row a word is read, because a row an occurrence takes ten times as long.
 */
export function createWordReader(db: Database, table: string): () => Generator<IndexedWord> {
  db.exec(`CREATE VIRTUAL TABLE temp.occurrences USING fts5vocab(main, ${table}, instance)`)
  const read = db.prepare<[], WordRow>(
    `SELECT CAST(term AS BLOB) AS word, CAST(group_concat(doc * 2 + (col = 'title')) AS BLOB) AS places
     FROM temp.occurrences GROUP BY term`,
  )
  return function* words() {
    for (const { word, places } of read.iterate()) {
      yield { word: word.toString('latin1'), visit: (each) => visitPlaces(places, each) }
    }
  }
}
