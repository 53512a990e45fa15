import type { Database } from 'better-sqlite3'
import { PostingList } from './posting-list.ts'
import { createWordReader } from './text-words.ts'

/**
 * The postings of every word, in blocks that a thread can hand over. Rows count the papers in ascending order of their
 * keys; the words stand in the order of their bytes, word w in `words` up to `wordEnds[w]`, its postings up to `ends[w]`.
 */
export interface PostingBlocks {
  readonly generation: number
  /** By row. */
  readonly keys: Float64Array<ArrayBuffer>
  /** By row: how many words the paper has. */
  readonly lengths: Float64Array<ArrayBuffer>
  readonly words: Uint8Array<ArrayBuffer>
  readonly wordEnds: Uint32Array<ArrayBuffer>
  readonly ends: Uint32Array<ArrayBuffer>
  readonly rows: Uint32Array<ArrayBuffer>
  readonly weights: Float32Array<ArrayBuffer>
}

/** What is handed over, not copied. */
export const blockBuffers = ({ keys, lengths, words, wordEnds, ends, rows, weights }: PostingBlocks): ArrayBuffer[] =>
  [keys, lengths, words, wordEnds, ends, rows, weights].map(({ buffer }) => buffer)

const FIRST_POSTINGS = 65_536
/** So many words are read between two looks at whether the work is still wanted. */
const WORDS_AT_A_TIME = 256

/** All of one word behind what the list holds. */
function collect(
  postings: PostingList,
  { rowOf, lengths }: { rowOf: ReadonlyMap<number, number>; lengths: Float64Array },
) {
  let [lastKey, lastRow] = [-1, -1]
  return (key: number, weight: number): void => {
    if (key === lastKey) postings.addToLast(weight)
    else {
      const row = rowOf.get(key) ?? -1
      // Ascending, or an occurrence of a paper might come apart from its others and be weighed on its own.
      if (row <= lastRow) throw new RangeError('the text index lists a paper that is not there or out of order')
      lastKey = key
      lastRow = row
      postings.push(row, weight)
    }
    lengths[lastRow] = (lengths[lastRow] ?? 0) + 1
  }
}

/** Reads the text index of a database, all of it of one generation. Null where `isWanted` says no meanwhile. */
export function buildPostings(db: Database, isWanted: () => boolean): PostingBlocks | null {
  const generation = db.prepare<[], number>("SELECT value FROM meta WHERE name = 'generation'").pluck()
  const everyKey = db.prepare<[], number>('SELECT key FROM papers ORDER BY key').pluck()
  const readWords = createWordReader(db, 'papers_text')
  const build = db.transaction((): PostingBlocks | null => {
    const keys = Float64Array.from(everyKey.all())
    const rowOf = new Map([...keys].map((key, row) => [key, row]))
    const lengths = new Float64Array(keys.length)
    const postings = new PostingList(FIRST_POSTINGS)
    const words: string[] = []
    const ends: number[] = []
    for (const { word, visit } of readWords()) {
      if (words.length % WORDS_AT_A_TIME === 0 && !isWanted()) return null
      visit(collect(postings, { rowOf, lengths }))
      words.push(word)
      ends.push(postings.length)
    }
    let end = 0
    return {
      generation: generation.get() ?? 0,
      keys,
      lengths,
      // A copy: what Buffer gives may be a part of a pool.
      words: Uint8Array.from(Buffer.from(words.join(''), 'latin1')),
      wordEnds: Uint32Array.from(words, ({ length }) => (end += length)),
      ends: Uint32Array.from(ends),
      rows: postings.rows.slice(0, postings.length),
      weights: postings.weights.slice(0, postings.length),
    }
  })
  return build.deferred()
}
