import { cleanLatex } from './latex.ts'

/** A name in the parts that styles of citation order and shorten, or whole where it has none. */
export type PersonName =
  | { readonly family: string; readonly given: string; readonly particle: string; readonly suffix: string }
  | { readonly literal: string }

const GENERATION = /^(jr|sr|ii|iii|iv)\.?$/i
const ORGANISATION =
  /^the\s|\s(and|for|of)\s|&|\b(agency|alliance|association|authors|cent(er|re)|collaboration|committee|community|company|consortium|contributors|corporation|council|department|foundation|group|inc|initiative|institute?|labs?|laborator(y|ies)|ltd|gmbh|network|organi[sz]ation|project|research|society|team|university)\b/i

const isLower = (word: string): boolean => /^\p{Ll}/u.test(word)

/** "van Beethoven" is the particle "van" and "Beethoven"; at least one word stays the family name. */
function splitFamily(words: readonly string[]): { particle: string; family: string } {
  const named = words.findIndex((word) => !isLower(word))
  const at = named === -1 ? 0 : named
  return { particle: words.slice(0, at).join(' '), family: words.slice(at).join(' ') }
}

const wordsOf = (text: string): string[] => text.split(' ').filter((word) => word !== '')

/** "Beethoven, Ludwig van", "King, Jr., Martin Luther" and "King, Martin Luther, Jr.". */
function ofParts(literal: string, [family = '', ...rest]: readonly string[]): PersonName {
  const suffix = rest.find((part) => GENERATION.test(part)) ?? ''
  const [given = '', ...more] = rest.filter((part) => part !== suffix)
  if (family === '' || given === '' || more.length > 0) return { literal }
  return { ...splitFamily(wordsOf(family)), given, suffix }
}

/** "Martin Luther King Jr.", "Ludwig van Beethoven". */
function ofWords(literal: string): PersonName {
  const words = wordsOf(literal)
  const suffix = GENERATION.test(words.at(-1) ?? '') ? (words.pop() ?? '') : ''
  let at = words.length - 1
  while (at > 1 && isLower(words[at - 1] ?? '')) at -= 1
  if (at < 1) return { literal }
  return { ...splitFamily(words.slice(at)), given: words.slice(0, at).join(' '), suffix }
}

/**
 * The parts of an author's name as sources write it, LaTeX as Unicode. The last word is the family name, with the words
 * in lower case before it; what seems to be an organisation, and what is one word, stays whole.
 */
export function personName(author: string): PersonName {
  const name = cleanLatex(author)
  if (ORGANISATION.test(name)) return { literal: name }
  const parts = name.split(',').map((part) => part.trim())
  if (parts.length === 2 && GENERATION.test(parts[1] ?? '')) return ofWords(parts.join(' '))
  return parts.length > 1 ? ofParts(name, parts) : ofWords(name)
}

/** "van Beethoven, Ludwig": particle and family name, and what follows after commas. */
export const invertedName = (
  { particle, family }: Exclude<PersonName, { literal: string }>,
  after: readonly string[],
) => [particle === '' ? family : `${particle} ${family}`, ...after].filter((part) => part !== '').join(', ')
