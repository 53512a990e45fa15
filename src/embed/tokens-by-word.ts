import { z } from 'zod'

/** What is needed of a tokenizer of transformers.js. */
export interface Tokenizer {
  /** Ids of a text, by default with the opening and the closing special one. */
  encode(text: string, options?: { readonly add_special_tokens?: boolean }): number[]
}

/** As BERT's: all that happens to a text happens within what stands between two blanks. */
const Bert = z.object({
  normalizer: z.object({ type: z.literal('BertNormalizer') }),
  pre_tokenizer: z.object({ type: z.literal('BertPreTokenizer') }),
  model: z.object({ type: z.literal('WordPiece') }),
  added_tokens: z.array(
    z.object({ content: z.string().regex(/^\S+$/), lstrip: z.literal(false), rstrip: z.literal(false) }),
  ),
})

/** Whether texts of the tokenizer (its tokenizer.json) may be tokenised word by word. */
export const isByWord = (tokenizerJson: unknown): boolean => Bert.safeParse(tokenizerJson).success

/** Some ten megabytes; a million abstracts have more different words, but few of them come again. */
const MAX_WORDS = 50_000
/** Longer ones are hashes and formulas that hardly come again. */
const LONGEST_WORD = 48
/** Only what every tokenizer splits at, and not all of that. */
const WORDS = /[^ \n\t]+/g

/**
 * The same ids as `encode` gives, cut to `maxTokens` with the closing special token kept (see truncate.ts). Each word
 * goes through the tokenizer once and is remembered: words repeat, and texts are tokenised some ten times as fast.
 * Words for which `plainPieces` (see word-pieces.ts) has the ids do not go through it at all.
 */
export function createTokensByWord(
  tokenizer: Tokenizer,
  plainPieces: (word: string) => readonly number[] | null = () => null,
): (text: string, maxTokens: number) => readonly number[] {
  const known = new Map<string, readonly number[]>()
  const [opening, closing] = tokenizer.encode('')
  if (opening === undefined || closing === undefined) throw new RangeError('the tokenizer has no special tokens')
  const piecesOf = (word: string): readonly number[] => {
    const remembered = known.get(word)
    if (remembered) return remembered
    const pieces = plainPieces(word) ?? tokenizer.encode(word, { add_special_tokens: false })
    if (word.length > LONGEST_WORD) return pieces
    if (known.size >= MAX_WORDS) known.clear()
    known.set(word, pieces)
    return pieces
  }
  return (text, maxTokens) => {
    const ids = [opening]
    for (const [word] of text.matchAll(WORDS)) {
      // Not spread: a word without an end would be more arguments than a call takes.
      for (const piece of piecesOf(word)) ids.push(piece)
      if (ids.length >= maxTokens) break
    }
    ids.length = Math.min(ids.length, maxTokens - 1)
    ids.push(closing)
    return ids
  }
}
