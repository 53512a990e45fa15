import { cleanPieces } from '../../domain/latex.ts'
import { blankedFormatting } from '../../domain/markup.ts'

/** A word of a text in the form that words are compared in, and where it stands: `text.slice(start, end)`. */
export interface Word {
  readonly text: string
  readonly start: number
  readonly end: number
}

const NOTHING = /[\p{M}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/u
const CJK = /(?=\p{L})[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Bopomofo}\p{scx=Hangul}]/u
/** Signs that say the same, and those that must not be taken apart by a decomposition. */
const SAME = new Map([
  ['’', "'"],
  ['‘', "'"],
  ['ʼ', "'"],
  ['×', 'x'],
  ['−', '-'],
  ['–', '-'],
  ['‹', '<'],
  ['›', '>'],
  ['⩽', '≤'],
  ['≦', '≤'],
  ['⩾', '≥'],
  ['≧', '≥'],
  ['≠', '≠'],
  ['∉', '∉'],
])
/** "10⁵" is no "105"; as "10^5" it is what LaTeX writes, too. */
const RAISED = /[⁰¹²³⁴-⁹⁺⁻]/
/**
 * A number with its sign, decimals and power of ten and what is written onto it, a word with its apostrophe, a comparison,
 * a per cent, a number in other digits.
 */
const WORD =
  /(?:(?<=^|[\s([=<>≤≥≠≈≪≫±~:,/^*])-)?(?:\d+(?:[.,]\d+)*|(?<!\d)\.\d+)(?:e[-+]?\d+)?\p{L}*|\p{L}[\p{L}\p{N}]*(?:'\p{L}+)*|[<>≤≥≠≪≫∉%]|\p{N}+/gu
const THOUSANDS = /(?<=\d),(?=\d{3}(?!\d))/g
const ENTITIES = new Map([
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&amp;', ' '],
  ['&quot;', ' '],
  ['&apos;', "'"],
  ['&#39;', "'"],
  ['&nbsp;', ' '],
])

interface Letters {
  readonly text: string
  /** For each UTF-16 code unit of `text` the part of the given text that it stands for. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

const withoutEntities = (text: string): string =>
  text.replace(/&(?:lt|gt|amp|quot|apos|nbsp|#39);/g, (name) => (ENTITIES.get(name) ?? '').padEnd(name.length))

/** One code point as it is compared; a space on both sides parts what is written without spaces. */
function letterOf(char: string): string {
  if (/[!-~]/.test(char)) return char.toLowerCase()
  const same = SAME.get(char)
  if (same !== undefined) return same
  // A line break is a control, but it parts words.
  if (/\s/.test(char) && char !== '\uFEFF') return ' '
  if (CJK.test(char)) return ` ${char.normalize('NFKC')} `
  const plain = [...char.normalize('NFKD').toLowerCase()].filter((part) => !NOTHING.test(part)).join('')
  // "3½" is no "31/2".
  return plain.includes('⁄') ? ` ${plain}` : plain.replace('−', '-')
}

/** The text without markup and case, each unit with its place in the text as it was given. */
function lettersOf(given: string): Letters {
  const pieces = cleanPieces(given)
  const places = pieces.flatMap(({ text, start, end }) =>
    // A piece of the same length is the text itself; any other stands for all of its markup.
    Array.from({ length: text.length }, (_, at) =>
      text.length === end - start ? ([start + at, start + at + 1] as const) : ([start, end] as const),
    ),
  )
  const clean = withoutEntities(blankedFormatting(pieces.map(({ text }) => text).join('')))
  const parts: string[] = []
  const starts: number[] = []
  const ends: number[] = []
  let at = 0
  let wasRaised = false
  for (const char of clean) {
    const isRaised = RAISED.test(char)
    const letter = (isRaised && !wasRaised ? '^' : '') + letterOf(char)
    wasRaised = isRaised
    parts.push(letter)
    for (let unit = 0; unit < letter.length; unit += 1) {
      starts.push(places[at]?.[0] ?? 0)
      ends.push(places[at + char.length - 1]?.[1] ?? 0)
    }
    at += char.length
  }
  return { text: parts.join(''), starts, ends }
}

const canonical = (word: string): string => {
  if (word === 'percent') return '%'
  return word.replace(THOUSANDS, '')
}

/**
 * The words of a text for comparison: without regard to case, accents, white space, quotation marks, punctuation, LaTeX,
 * formatting tags and what is invisible; numbers keep sign and decimals. Linear in the length of the text.
 */
export function wordsOf(given: string): Word[] {
  const { text, starts, ends } = lettersOf(given)
  return [...text.matchAll(WORD)].map(({ 0: word, index }) => ({
    text: canonical(word),
    start: starts[index] ?? 0,
    end: ends[index + word.length - 1] ?? 0,
  }))
}
