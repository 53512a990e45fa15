import { queryText } from './passage.ts'

/** Words that stand in nearly every abstract: as search terms they cost time and say nothing. */
const STOP_WORDS = new Set(
  `a about all also an and any are as at be been being between both but by can could did do does doing for from had has
  have having how i if in into is it its me more most my no nor not of on or our over own same should so some such than
  that the their them then there these they this those through to too under up use used using very via was we were what
  when where which while who whom whose why will with would you your`.split(/\s+/),
)

/** More than any question holds; a pasted abstract is cut here. */
const MAX_TERMS = 128

/** Scripts that are written without spaces between words, or with particles attached to them. */
const CJK = String.raw`(?=\p{L})[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Hangul}]`
const CJK_RUN = new RegExp(`(?:${CJK})+`, 'gu')
const CJK_LETTER = new RegExp(CJK, 'gu')
const WORD = /[\p{L}\p{N}\p{M}]+/gu
/** Most words and many texts have no such character: nothing in them needs a closer look. */
const NOT_ASCII = /\P{ASCII}/u

/**
 * Text as the text index shall split it into words: compatibility forms as the letters they stand for, and each letter
 * of Chinese, Japanese and Korean a word of its own, so that a phrase of letters finds any part of such text.
 */
export const spacedText = (text: string): string =>
  NOT_ASCII.test(text) ? text.normalize('NFKC').replace(CJK_LETTER, ' $& ') : text

/** Runs of Chinese, Japanese and Korean become their pairs of letters (bigrams); other parts stay whole. */
function parts(word: string): string[] {
  const runs = word.match(CJK_RUN)
  if (!runs) return [word]
  return [...runs.flatMap(bigrams), ...word.split(CJK_RUN).filter((part) => part !== '')]
}

function bigrams(run: string): string[] {
  const letters = [...run]
  return letters.length === 1 ? letters : letters.slice(1).map((letter, before) => `${letters[before]}${letter}`)
}

/**
 * The words of a question for the lexical side: lower case, each once, without stop words (unless it has no others).
 * Any input is safe: what is not a letter or a digit only parts words.
 */
export function queryTerms(text: string): string[] {
  const lower = text.normalize('NFKC').toLowerCase()
  const found = lower.match(WORD) ?? []
  // One look at the whole: most questions have none of these letters.
  const words = [...new Set(lower.search(CJK_LETTER) < 0 ? found : found.flatMap(parts))]
  const telling = words.filter((word) => !STOP_WORDS.has(word))
  return (telling.length > 0 ? telling : words).slice(0, MAX_TERMS)
}

/**
 * Plurals as their singular: the S-stemmer (Harman, "How Effective is Suffixing?", JASIS 1991). What it makes of a word
 * is found by the text index, which strips the same endings and more.
 */
function singular(word: string): string {
  if (word.length < 4 || !word.endsWith('s')) return word
  if (/[^ae]ies$/.test(word)) return `${word.slice(0, -3)}y`
  return /(?:[us]s|[aeo]es)$/.test(word) ? word : word.slice(0, -1)
}

/** The words of a text as often as they stand in it, lower case and in the singular, without stop words. */
export function textTerms(text: string): string[] {
  const found = text.normalize('NFKC').toLowerCase().match(WORD) ?? []
  // Looking for such letters in each word would take most of the time.
  const words = text.search(CJK_LETTER) < 0 ? found : found.flatMap(parts)
  return words.filter((word) => !STOP_WORDS.has(word)).map(singular)
}

/** The words of a title, or of what was typed of it, in their order. */
export const titleWords = (text: string): string[] => spacedText(text).toLowerCase().match(WORD) ?? []

const MIN_PLAIN = 2
const MAX_PLAIN = 32
const PLAIN = new RegExp(`^\\p{L}{${MIN_PLAIN},${MAX_PLAIN}}$`, 'u')

/** A word without the accents of Latin letters, as spellings are compared. */
export const foldedWord = (word: string): string =>
  NOT_ASCII.test(word)
    ? word
        .normalize('NFKD')
        .toLowerCase()
        .replace(/(\p{Script=Latin})\p{M}+/gu, '$1')
        .normalize('NFC')
    : word.toLowerCase()

/** Whether a word can be a misspelling, or what one was meant to be: letters only, of a script that has spellings. */
export const isPlainWord = (word: string): boolean =>
  PLAIN.test(word) && !(NOT_ASCII.test(word) && word.search(CJK_LETTER) >= 0)

/** The different words of a text that a misspelling may stand for, folded. */
export const plainWords = (text: string): string[] => [
  ...new Set([...new Set(spacedText(text).match(WORD))].map(foldedWord).filter(isPlainWord)),
]

/** The words of a question as it was asked, its markup cleaned. */
export const questionTerms = (question: string): string[] => queryTerms(queryText(question))
