import { beginningOf } from './truncate.ts'

/** How many pieces the question and the passage have, special tokens not counted. */
interface PairSizes {
  readonly query: number
  readonly passage: number
}

/** The longer side is cut first, and both to the same length where both are long. */
function keep({ query, passage }: PairSizes, room: number): PairSizes {
  const half = Math.floor(room / 2)
  if (query <= half) return { query, passage: room - query }
  if (passage <= room - half) return { query: room - passage, passage }
  return { query: half, passage: room - half }
}

/**
 * A pair's row of numbers (ids, types), of at most `maxTokens`: the pieces of each side from its end are left out,
 * every special token stays, as one opens and one closes the row. See truncate.ts for why.
 */
export function truncatePair(row: readonly number[], sizes: PairSizes, maxTokens: number): readonly number[] {
  if (row.length <= maxTokens) return row
  const special = row.length - sizes.query - sizes.passage
  const kept = keep(sizes, Math.max(0, maxTokens - special))
  const passageAt = row.length - 1 - sizes.passage
  return [
    ...row.slice(0, 1 + kept.query),
    ...row.slice(1 + sizes.query, passageAt + kept.passage),
    ...row.slice(row.length - 1),
  ]
}

/** What is needed of a tokenizer of transformers.js. */
export interface PairTokenizer {
  /** Ids of one text without special tokens. */
  pieces(text: string): number[]
  /** Ids and types of both texts with their special tokens. */
  pair(query: string, passage: string): { readonly ids: number[]; readonly types: number[] }
}

export interface EncodedPair {
  readonly ids: readonly number[]
  /** Which of the two texts a token belongs to. */
  readonly types: readonly number[]
}

/** A question and a passage as a cross-encoder reads them, in at most `maxTokens` tokens. */
export function encodePair(
  tokenizer: PairTokenizer,
  texts: { readonly query: string; readonly passage: string },
  maxTokens: number,
): EncodedPair {
  const beginning = (text: string): string => beginningOf(tokenizer.pieces, text, maxTokens)
  const [query, passage] = [beginning(texts.query), beginning(texts.passage)]
  const { ids, types } = tokenizer.pair(query, passage)
  if (ids.length <= maxTokens) return { ids, types }
  const sizes = { query: tokenizer.pieces(query).length, passage: tokenizer.pieces(passage).length }
  return { ids: truncatePair(ids, sizes, maxTokens), types: truncatePair(types, sizes, maxTokens) }
}
