/** The length, in characters, at which a text is as likely a title as an abstract. */
const EVEN_LENGTH = 180
const SENTENCE_BREAK = /[.!?]["')\]]*\s+["'(]*[\p{Lu}\d]/gu
const SENTENCE_END = /((?<!\.)\.["')\]]*|https?:\/\/\S+)$/

/**
 * How much a text reads like an abstract (up to 3) rather than a title (down to -3). Only a leaning: which line is which
 * is decided over the whole page, since a title can be longer than a short abstract. Null is a text too long to hold.
 */
export function proseScore(text: string | null): number {
  if (text === null) return 3
  const length = Math.log2(Math.max(text.length, 1) / EVEN_LENGTH)
  const breaks = text.match(SENTENCE_BREAK)?.length ?? 0
  const score = clamp(length, 2.5) + 0.8 * Math.min(breaks, 3) + (SENTENCE_END.test(text) ? 1 : -1.3)
  return clamp(score, 3)
}

function clamp(value: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, value))
}
