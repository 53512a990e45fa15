import { z } from 'zod'

const LONGEST_WORD = 48

/** BERT's kind where the case says nothing, and where whatever is taken out of a text before the rest has a bracket. */
const Uncased = z.object({
  normalizer: z.object({ lowercase: z.literal(true) }),
  model: z.object({
    continuing_subword_prefix: z.literal('##'),
    max_input_chars_per_word: z.number().min(LONGEST_WORD),
  }),
  added_tokens: z.array(z.object({ content: z.string().includes('[') })),
})

/** Whether `createWordPieces` splits words as the tokenizer (its tokenizer.json, of a kind that is `isByWord`) does. */
export const hasPlainPieces = (tokenizerJson: unknown): boolean => Uncased.safeParse(tokenizerJson).success

/** Printable ASCII without the bracket. */
const PLAIN = /^[!-Z\\-~]+$/
/** Each sign of punctuation stands alone. */
const PARTS = /[a-z0-9]+|[^a-z0-9]/g

/**
 * Splits a word of plain letters, digits and punctuation as WordPiece does: from the left, the longest piece that the
 * vocabulary has. Null for any other word and for one that is not made of pieces: the tokenizer itself knows what to do.
 */
export function createWordPieces(
  idOf: (piece: string) => number | undefined,
): (word: string) => readonly number[] | null {
  /** The longest piece that begins there, and where it ends. */
  const pieceAt = (part: string, start: number): readonly [id: number, end: number] | null => {
    for (let end = part.length; end > start; end -= 1) {
      const id = idOf(start > 0 ? `##${part.slice(start, end)}` : part.slice(0, end))
      if (id !== undefined) return [id, end]
    }
    return null
  }
  return (word) => {
    if (word.length > LONGEST_WORD || !PLAIN.test(word)) return null
    const ids: number[] = []
    for (const part of word.toLowerCase().match(PARTS) ?? []) {
      for (let at = 0; at < part.length; ) {
        const piece = pieceAt(part, at)
        if (piece === null) return null
        ids.push(piece[0])
        at = piece[1]
      }
    }
    return ids
  }
}
