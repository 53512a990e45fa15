import { cleanLatex } from './latex.ts'
import type { Paper } from './paper.ts'

/** Longest name in a key: whoever reads "[…]" in a text shall still see it as one. */
const MAX_NAME = 24
/** Stands where a year would, as "n.d." does in a list of references. */
const NO_YEAR = '-nd'

/** Letters that no decomposition of Unicode makes ASCII. */
const LETTERS = new Map([
  ['æ', 'ae'],
  ['ø', 'o'],
  ['œ', 'oe'],
  ['ß', 'ss'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['þ', 'th'],
  ['ħ', 'h'],
  ['ı', 'i'],
])
const GENERATIONS = /^(jr|sr|ii|iii|iv)\.?$/i
/** Words that many titles begin with. */
const EMPTY_WORDS = new Set(['a', 'an', 'the', 'on', 'of', 'in', 'for', 'to', 'and', 'with', 'from', 'by', 'at', 'is'])

const ascii = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{ASCII}]/gu, (letter) => LETTERS.get(letter) ?? '')
    .replace(/[^a-z0-9]+/g, '')
    .slice(0, MAX_NAME)

/** "Vaswani" of "Ashish Vaswani", "Vaswani, Ashish" and "Ashish Vaswani Jr.". */
function familyName(author: string): string {
  const name = cleanLatex(author)
  const [family = '', given] = name.split(',')
  if (given !== undefined && !GENERATIONS.test(given.trim())) return family
  const words = family.split(/\s+/).filter((word) => !GENERATIONS.test(word))
  return words.at(-1) ?? ''
}

function titleWord(title: string): string {
  const words = cleanLatex(title)
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .map(ascii)
  const named = words.filter((word) => /[a-z]/.test(word))
  return named.find((word) => !EMPTY_WORDS.has(word)) ?? named[0] ?? ''
}

/**
 * What a citation key of a paper begins with: `vaswani2017`, of the first author's family name in ASCII and the year. A
 * word of the title stands in for a name that is missing or in another script, `-nd` for a missing year.
 */
export function citationStem({ authors, title, year }: Pick<Paper, 'authors' | 'title' | 'year'>): string {
  const name = ascii(familyName(authors[0] ?? '')) || titleWord(title) || 'paper'
  return `${name}${year === null ? NO_YEAR : String(year).padStart(4, '0')}`
}

/** 1 is `b`, 25 `z`, 26 `aa`: the numbers of base 26 without a zero. */
function letters(place: number): string {
  let text = ''
  for (let left = place + 1; left > 0; left = Math.floor((left - 1) / 26)) {
    text = String.fromCharCode(97 + ((left - 1) % 26)) + text
  }
  return text
}

/**
 * The key of the paper that came at this place, from 0, among those of one stem: `wang2023`, `wang2023b`, `wang2023c`. A
 * stem ends in a digit or in `-nd` and a suffix in a letter, so no key is that of another stem.
 */
export const citationKey = (stem: string, place: number): string => (place === 0 ? stem : `${stem}${letters(place)}`)

/** What looks like a key, whether or not a paper has it. */
export const CITATION_KEY = /^(?=.*[a-z])[a-z0-9]{1,24}(?:\d{4}|-nd)[a-z]{0,4}$/i
