import { MAX_QUOTES } from '../../domain/verify.ts'
import type { FoundKey } from './find-keys.ts'
import { wordsOf } from './words.ts'

/** A quote of an answer. */
export interface FoundQuote {
  /** What stands between the quotation marks, without citation keys. */
  readonly text: string
  /** Where that stands, `answer.slice(start, end)`. */
  readonly start: number
  readonly end: number
  /** The keys that it is ascribed to. */
  readonly keys: readonly string[]
}

interface Span {
  readonly start: number
  readonly end: number
}

const MAX = '{1,10000}?'
/** Marks in pairs; a quote does not go past a blank line. Straight marks are told apart by what stands around them. */
const PAIRS: readonly { readonly pattern: RegExp; readonly minWords: number }[] = [
  { pattern: new RegExp(String.raw`“((?:(?!\n\s*\n)[^“”])${MAX})”`, 'gu'), minWords: 0 },
  { pattern: new RegExp(String.raw`„((?:(?!\n\s*\n)[^„“”])${MAX})[“”]`, 'gu'), minWords: 0 },
  { pattern: new RegExp(String.raw`«((?:(?!\n\s*\n)[^«»])${MAX})»`, 'gu'), minWords: 0 },
  { pattern: new RegExp(String.raw`「((?:(?!\n\s*\n)[^「」])${MAX})」`, 'gu'), minWords: 0 },
  {
    pattern: new RegExp(
      String.raw`(?<=^|[\s([{—–:>*_-])"(?=\S)((?:(?!\n\s*\n)[^"])${MAX})(?<=\S)"(?=$|[\s\])}.,;:!?—–*_…'-])`,
      'gu',
    ),
    minWords: 0,
  },
  // An apostrophe looks the same as the closing mark, so only long ones are taken for quotes.
  { pattern: new RegExp(String.raw`‘((?:(?!\n\s*\n)[^‘’]|’(?=\p{L}))${MAX})’(?!\p{L})`, 'gu'), minWords: 6 },
]

/** A key further away belongs to something else. */
const REACH = 200
/** Behind a quote the next sentence begins with a capital letter; the citation itself may follow the full stop. */
const SENTENCE_END = /[.!?]["'”’)\]]*\s+["'“‘(]?\p{Lu}|\n\s*\n/u
const ANY_END = /[.!?]["'”’)\]]*\s|\n\s*\n/u

const overlaps = (one: Span, other: Span): boolean => one.start < other.end && other.start < one.end

/** Outermost quotes in their order. One more than are checked is enough: such an answer is refused. */
function spansOf(answer: string, minWords: number): Span[] {
  const found: Span[] = []
  for (const { pattern, minWords: least } of PAIRS) {
    for (const { 0: whole, 1: inner = '', index } of answer.matchAll(pattern)) {
      const start = index + whole.indexOf(inner)
      const span = { start, end: start + inner.length }
      if (found.some((other) => overlaps(span, other))) continue
      if (wordsOf(inner).length >= Math.max(minWords, least)) found.push(span)
      if (found.length > MAX_QUOTES) return found
    }
  }
  return found.sort((one, other) => one.start - other.start)
}

type Group = FoundKey['group']

function groupsOf(keys: readonly FoundKey[]): Map<Group, string[]> {
  const groups = new Map<Group, string[]>()
  for (const { group, key } of keys) groups.set(group, [...(groups.get(group) ?? []), key])
  return groups
}

/** The brackets behind a quote, before the next quote and the next sentence. */
function following(answer: string, span: Span, { groups, next }: { groups: readonly Group[]; next: number }) {
  return groups.find(({ start }) => {
    if (start < span.end || start > next || start - span.end > REACH) return false
    return !SENTENCE_END.test(answer.slice(span.end, start))
  })
}

/** The brackets before a quote in its own sentence, unless they already stand behind another quote. */
function preceding(answer: string, span: Span, { groups, last }: { groups: readonly Group[]; last: number }) {
  return groups.findLast(({ start, end }) => {
    if (end > span.start || start < last || span.start - end > REACH) return false
    return !ANY_END.test(answer.slice(end, span.start))
  })
}

const withoutGroups = (answer: string, span: Span, inside: readonly Group[]): string => {
  let text = ''
  let from = span.start
  for (const { start, end } of inside) {
    text += answer.slice(from, start)
    from = end
  }
  return (text + answer.slice(from, span.end)).trim()
}

/**
 * The quotes of an answer: texts of at least `minWords` words in quotation marks, each with the citation keys inside it,
 * else those that follow, else those that precede it. Of an answer with more than MAX_QUOTES one more than these.
 */
export function findQuotes(answer: string, keys: readonly FoundKey[], minWords: number): FoundQuote[] {
  const byGroup = groupsOf(keys)
  const groups = [...byGroup.keys()]
  const taken = new Set<Group>()
  const spans = spansOf(answer, minWords)
  return spans.map((span, at) => {
    const inside = groups.filter((group) => overlaps(group, span))
    const behind = following(answer, span, { groups, next: spans[at + 1]?.start ?? answer.length })
    if (behind) taken.add(behind)
    const free = groups.filter((group) => !taken.has(group))
    const before = preceding(answer, span, { groups: free, last: spans[at - 1]?.end ?? 0 })
    const chosen = inside.length > 0 ? inside : [behind ?? before].flatMap((group) => group ?? [])
    return {
      text: withoutGroups(answer, span, inside),
      ...span,
      keys: [...new Set(chosen.flatMap((group) => byGroup.get(group) ?? []))],
    }
  })
}
