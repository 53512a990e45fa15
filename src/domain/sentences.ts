import { mathDelimiters } from './latex-delimiters.ts'
import { isFalseBreak, splitsWithoutSpace } from './sentence-breaks.ts'

/** A sentence of a text, at `text.slice(start, end)` in UTF-16 code units. */
export interface Sentence {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Shorter pieces (a heading, "Yes!", an enumerator) are joined to a neighbour: alone they say too little. */
const MIN_LENGTH = 20
/** Longer ones are cut at a clause: a vector of so much text would stand for all of it and for nothing in particular. */
const MAX_LENGTH = 1_000
/** Dollar signs further apart than this are not taken for the two ends of one formula. */
const MAX_FORMULA = 300
/** Above it no abstract is one; the sentences behind it are left out. */
export const MAX_SENTENCES = 40

const SEGMENTER = new Intl.Segmenter('en', { granularity: 'sentence' })

/**
 * The sentences of an abstract as it was given, in order, without the white space around them. The breaks of Unicode's
 * UAX 29, without those behind abbreviations and inside formulas, and with those where the space was forgotten. Takes
 * linear time and never throws.
 */
export function sentencesOf(abstract: string): Sentence[] {
  // UAX 29 breaks at every end of a line, where sources only wrap their text. One space a unit keeps the offsets.
  const text = abstract.replace(/[\r\n\v\f\x85\u2028\u2029]/g, ' ')
  const spans = cutLong(text, joinShort(text, breaksOf(text)))
  return spans.flatMap((span) => trimmed(abstract, span)).slice(0, MAX_SENTENCES)
}

interface Span {
  readonly start: number
  readonly end: number
}

function breaksOf(text: string): Span[] {
  const inMath = mathMask(text)
  const starts = new Set<number>(splitsWithoutSpace(text))
  for (const { index } of SEGMENTER.segment(text)) if (!isFalseBreak(text, index)) starts.add(index)
  const kept = [...starts].filter((at) => at > 0 && !inMath(at)).sort((one, other) => one - other)
  return [0, ...kept].map((start, at) => ({ start, end: kept[at] ?? text.length }))
}

/** Whether a place lies between the two delimiters of a formula. */
function mathMask(text: string): (at: number) => boolean {
  const inside: Span[] = []
  let open = -1
  const delimiters = [...mathDelimiters(text)].sort((one, other) => one - other)
  for (const [at, place] of delimiters.entries()) {
    // The second half of `$$` neither opens nor closes.
    if (at > 0 && delimiters[at - 1] === place - 1 && text.startsWith('$$', place - 1)) continue
    if (open >= 0 && place - open < MAX_FORMULA) inside.push({ start: open, end: place })
    open = open >= 0 ? -1 : place
  }
  let next = 0
  return (at) => {
    if ((inside[next]?.start ?? 0) > at) next = 0
    for (let span = inside[next]; span; next += 1, span = inside[next]) if (at <= span.end) return at > span.start
    return false
  }
}

/** A character of a script that writes without spaces says about as much as three letters. */
const weightOf = (text: string): number =>
  text.length +
  2 * (text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu)?.length ?? 0)

/** A short piece goes to the sentence before it, at the head of the text to the one behind it. */
function joinShort(text: string, spans: readonly Span[]): Span[] {
  const isShort = ({ start, end }: Span): boolean =>
    end - start < MIN_LENGTH && weightOf(text.slice(start, end)) < MIN_LENGTH
  const joined: Span[] = []
  for (const span of spans) {
    const before = joined.at(-1)
    if (before && (isShort(span) || isShort(before))) joined[joined.length - 1] = { start: before.start, end: span.end }
    else joined.push(span)
  }
  return joined
}

function cutLong(text: string, spans: readonly Span[]): Span[] {
  const cut: Span[] = []
  for (const { start, end } of spans) {
    let from = start
    while (end - from > MAX_LENGTH) {
      const to = clauseEnd(text, from)
      cut.push({ start: from, end: to })
      from = to
    }
    cut.push({ start: from, end })
  }
  return cut
}

/** The last clause that ends in the further half of the longest piece, else the last word, else the last character. */
function clauseEnd(text: string, from: number): number {
  const piece = text.slice(from, from + MAX_LENGTH)
  for (const mark of [/[;:；：]\s?/g, /[,、，]\s?/g, /\s/g]) {
    const last = [...piece.matchAll(mark)].at(-1)
    if (last && last.index >= MAX_LENGTH / 2) return from + last.index + last[0].length
  }
  const end = from + MAX_LENGTH
  return /[\uDC00-\uDFFF]/.test(text.charAt(end)) ? end - 1 : end
}

function trimmed(text: string, { start, end }: Span): Sentence[] {
  const piece = text.slice(start, end)
  const sentence = piece.trim()
  if (sentence === '') return []
  const head = start + piece.length - piece.trimStart().length
  return [{ text: sentence, start: head, end: head + sentence.length }]
}
