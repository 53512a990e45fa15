import type { QuoteChange } from '../../domain/verify.ts'
import type { Chunk } from './align.ts'
import type { Word } from './words.ts'

const set = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/))

const NEGATIONS = set(
  `not no never none nothing nobody neither nor without cannot hardly barely rarely seldom scarcely fails fail failed
  lack lacks lacking except`,
)
const NUMBERS = set(
  `zero one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand million
  billion trillion half third quarter double doubles doubled twice triple triples tripled thrice first second % < > ≤ ≥ ≠ ≪ ≫`,
)
/** Words that a quote may have more or less of and still say the same. */
const FILLERS = set('a an the that which this these those our their its is are was were be been')
/** Endings of two forms of one word, in order and joined; others, as in "plan" and "plane", make another word of it. */
const ENDINGS = set('-s -es -d -ed -ing -ly d-s ed-s ing-s ed-es es-ing ed-ing e-ing ied-y ies-y')
const MIN_STEM = 3

/** Negations of verbs, which turn around what stands beside them; "no" and "nothing" belong to a noun. */
const OF_VERBS = set('not never cannot without')
export const isVerbNegation = ({ text }: Word): boolean => OF_VERBS.has(text) || text.endsWith("n't")

export const isNegation = ({ text }: Word): boolean => NEGATIONS.has(text) || text.endsWith("n't")
const isNumber = ({ text }: Word): boolean => /\p{N}/u.test(text) || NUMBERS.has(text)

const joined = (words: readonly Word[]): string => words.map(({ text }) => text).join('')
const listed = (words: readonly Word[], like: (word: Word) => boolean): string =>
  words
    .filter(like)
    .map(({ text }) => text)
    .join(' ')

/** Two forms of one word: a stem of three letters or more, and each with an ending of the grammar or none. */
function isInflection(one: string, other: string): boolean {
  let length = 0
  while (length < one.length && one[length] === other[length]) length += 1
  const ends = [one.slice(length), other.slice(length)].sort().join('-')
  return length >= MIN_STEM && ENDINGS.has(ends) && (ends !== '-d' || one[length - 1] === 'e')
}

function sameSense(quoted: readonly Word[], stored: readonly Word[]): boolean {
  if (joined(quoted) === joined(stored)) return true
  const [one, other] = [quoted, stored].map((words) => words.filter(({ text }) => !FILLERS.has(text)))
  if (!one || !other || one.length !== other.length) return false
  return one.every(({ text }, at) => text === other[at]?.text || isInflection(text, other[at]?.text ?? ''))
}

/** What kind of change a chunk is; `form` is one that leaves the sense. */
export function kindOf({ quoted, stored }: Chunk): QuoteChange['kind'] {
  if (quoted.filter(isNegation).length !== stored.filter(isNegation).length) return 'negation'
  if (listed(quoted, isNumber) !== listed(stored, isNumber)) return 'number'
  return sameSense(quoted, stored) ? 'form' : 'words'
}
