import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { fail } from '../domain/errors.ts'

/** `vocab` names the pieces: as keys (WordPiece, BPE), or each with its score (Unigram). */
const Tokenizer = z.object({
  model: z.object({ vocab: z.union([z.record(z.string(), z.unknown()), z.array(z.tuple([z.string()], z.unknown()))]) }),
})

/** Pieces that begin a word are bare in WordPiece (`##` goes before the others), and marked in BPE and Unigram. */
const beginning = (piece: string): string => piece.replace(/^[▁Ġ]/, '').toLowerCase()

function readWords(folder: string): ReadonlySet<string> {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8'))
  } catch (cause) {
    fail('MODEL_UNAVAILABLE', 'tokenizer.json of the model cannot be read.', { cause })
  }
  const { data } = Tokenizer.safeParse(json)
  const vocab = data?.model.vocab ?? {}
  const pieces = Array.isArray(vocab) ? vocab.map(([piece]) => piece) : Object.keys(vocab)
  return new Set(pieces.map(beginning))
}

/**
 * Whether the model has a piece of its own for a word, which only words that are written often have; misspellings have
 * none. Reads the folder's tokenizer.json with the first question. Throws MODEL_UNAVAILABLE.
 */
export function createKnownWords(folder: string): (word: string) => boolean {
  let words: ReadonlySet<string> | undefined
  return (word) => {
    words ??= readWords(folder)
    return words.has(word)
  }
}
