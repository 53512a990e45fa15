/**
 * Keeps the special token that opens a text, as many pieces as fit, and the one that closes it. Cutting the closing
 * [SEP] off, as transformers.js does, moves the vector (cosine .995 to the reference).
 */
export function truncate(ids: readonly number[], maxTokens: number): readonly number[] {
  const last = ids.at(-1)
  if (ids.length <= maxTokens || last === undefined) return ids
  return [...ids.slice(0, maxTokens - 1), last]
}

/** Characters a token that are tried first; English has about 4.5, markup and hashes fewer. */
const GENEROUS = 16

type Encode = (text: string) => number[]

/**
 * A beginning of the text that gives at least `maxTokens` tokens, without tokenising a book for its first page: it ends
 * at a blank (where no piece spans), and a longer one is tried while it gives too few. All of the text where none does.
 */
export function beginningOf(encode: Encode, text: string, maxTokens: number): string {
  for (let length = maxTokens * GENEROUS; length < text.length; length *= 4) {
    const end = lastBlank(text, length)
    if (end === 0) continue
    const part = text.slice(0, end)
    if (encode(part).length >= maxTokens) return part
  }
  return text
}

/**
 * The tokens of a text, at most `maxTokens` of them. `encode` gives all tokens of a text with the opening and the
 * closing special one.
 */
export const encodeBounded = (encode: Encode, text: string, maxTokens: number): readonly number[] =>
  truncate(encode(beginningOf(encode, text, maxTokens)), maxTokens)

/** The last blank at or before that place, 0 where there is none. Only those that every tokenizer splits at count. */
function lastBlank(text: string, from: number): number {
  let at = from
  while (at > 0 && !/[ \n\t]/.test(text.charAt(at))) at -= 1
  return at
}
