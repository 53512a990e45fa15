import type { QuoteChange, Verdict } from '../../domain/verify.ts'
import { align } from './align.ts'
import { isNegation, isVerbNegation, kindOf } from './changes.ts'
import { type Word, wordsOf } from './words.ts'

/** Below this share of its words in order a quote is not taken from a text. */
const MIN_SIMILARITY = 0.6
const MIN_PART = 3
/**
 * Words of a quote times words of a text that are laid onto each other, 0.1 s of work: a quote of 250 words in the longest
 * abstract, one of 10,000 in a usual one. What is longer is found word by word or not at all.
 */
const MAX_CELLS = 4_000_000

/** Where a quote stands in a text, and how far it is the same. */
export interface Comparison {
  readonly verdict: Verdict
  /** 0..1 */
  readonly similarity: number
  /** `text.slice(start, end)`, in UTF-16 code units of the text as it was given. */
  readonly start: number
  readonly end: number
  readonly changes: readonly QuoteChange[]
}

/** A text to look for quotes in, read once. */
export interface Readable {
  readonly text: string
  readonly words: readonly Word[]
  /** The words run together, so that "multi-head" and "multihead" are one. */
  readonly stream: string
  /** At which word a place in the stream begins, and at which it ends. */
  readonly starts: ReadonlyMap<number, number>
  readonly ends: ReadonlyMap<number, number>
}

/** A part of the words of a source, `words.slice(start, end)`. */
interface Place {
  readonly start: number
  readonly end: number
}

/** Two numbers side by side must not become one. */
const SEAM = '\u0001'

function run(words: readonly Word[]): { stream: string; starts: Map<number, number>; ends: Map<number, number> } {
  const [starts, ends] = [new Map<number, number>(), new Map<number, number>()]
  let stream = ''
  for (const [at, { text }] of words.entries()) {
    if (/\p{N}$/u.test(stream) && /^[\p{N}.]/u.test(text)) stream += SEAM
    starts.set(stream.length, at)
    stream += text
    ends.set(stream.length, at + 1)
  }
  return { stream, starts, ends }
}

export function readable(text: string): Readable {
  const words = wordsOf(text)
  return { text, words, ...run(words) }
}

/** "not able" and "notable" run together alike. */
function sameNegations(quote: readonly Word[], source: readonly Word[]): boolean {
  const negations = (words: readonly Word[]) => words.filter(isNegation).length
  return negations(quote) === negations(source)
}

/** The first place from a word on where the source says the quote word by word. */
function findExact(quote: readonly Word[], source: Readable, from: number): Place | null {
  const { stream } = run(quote)
  for (let at = source.stream.indexOf(stream); at >= 0; at = source.stream.indexOf(stream, at + 1)) {
    const [start, end] = [source.starts.get(at), source.ends.get(at + stream.length)]
    if (start === undefined || end === undefined || start < from) continue
    if (sameNegations(quote, source.words.slice(start, end))) return { start, end }
  }
  return null
}

const SENTENCE_END = /[.!?](?:\s|$)/
/** Beside a quote a negation belongs to it only where no clause ends between. */
const CLAUSE_END = /[.,;:!?()]/

const negationsOf = (words: readonly Word[], like: (word: Word) => boolean): QuoteChange[] =>
  words.filter(like).map(({ text }) => ({ kind: 'negation', quoted: '', stored: text }))

/** A quote that begins right behind a "not", ends before one or leaves one out between its parts says the opposite. */
function lostNegations(places: readonly Place[], { words, text }: Readable): QuoteChange[] {
  const parted = (one: Word | undefined, other: Word | undefined, by: RegExp): boolean =>
    by.test(text.slice(one?.end ?? 0, other?.start ?? text.length))
  const [first, last] = [places[0]?.start ?? 0, places.at(-1)?.end ?? 0]
  const before = first === 0 || parted(words[first - 1], words[first], CLAUSE_END) ? [] : words.slice(first - 1, first)
  const behind = parted(words[last - 1], words[last], CLAUSE_END) ? [] : words.slice(last, last + 1)
  const between = places.slice(1).flatMap(({ start }, at) => {
    const end = places[at]?.end ?? start
    return parted(words[end - 1], words[start], SENTENCE_END) ? [] : words.slice(end, start)
  })
  return [...negationsOf([...before, ...behind], isVerbNegation), ...negationsOf(between, isNegation)]
}

function comparison(source: Readable, place: Place, found: Omit<Comparison, 'start' | 'end'>): Comparison {
  const [first, last] = [source.words[place.start], source.words[place.end - 1]]
  return { ...found, start: first?.start ?? 0, end: last?.end ?? 0 }
}

function wordByWord(parts: readonly (readonly Word[])[], source: Readable): Comparison | null {
  const places: Place[] = []
  for (const part of parts) {
    const place = findExact(part, source, places.at(-1)?.end ?? 0)
    if (!place) return null
    places.push(place)
  }
  const [first, last] = [places[0], places.at(-1)]
  if (!first || !last) return null
  const changes = lostNegations(places, source)
  const verdict = changes.length > 0 ? 'altered' : 'exact'
  return comparison(source, { start: first.start, end: last.end }, { verdict, similarity: 1, changes })
}

const written = (words: readonly Word[]): string => words.map(({ text }) => text).join(' ')

const NOT_FOUND: Comparison = { verdict: 'missing', similarity: 0, start: 0, end: 0, changes: [] }

function nearly(parts: readonly (readonly Word[])[], source: Readable): Comparison {
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  if (total * source.words.length > MAX_CELLS) return NOT_FOUND
  const found = parts.map((part) => align(part, source.words))
  const cost = found.reduce((sum, each) => sum + each.cost, 0)
  const chunks = found.flatMap((each) => each.chunks)
  const changes = chunks.map((chunk) => ({
    kind: kindOf(chunk),
    quoted: written(chunk.quoted),
    stored: written(chunk.stored),
  }))
  const inOrder = found.every(({ start }, at) => start >= (found[at - 1]?.end ?? 0))
  const negations = inOrder ? lostNegations(found, source) : []
  const similarity = total === 0 ? 0 : Math.max(0, 1 - cost / total)
  const harmless = inOrder && [...changes, ...negations].every(({ kind }) => kind === 'form')
  const verdict = similarity < MIN_SIMILARITY ? 'missing' : harmless ? 'close' : 'altered'
  const place = { start: Math.min(...found.map(({ start }) => start)), end: Math.max(...found.map(({ end }) => end)) }
  return comparison(source, place, { verdict, similarity, changes: [...changes, ...negations] })
}

/** The parts of a quote between its ellipses, in words. Parts of a word or two stand anywhere, so they count as one text. */
export function quoteParts(quote: string): Word[][] {
  const parts = quote
    .split(/[[(]?\s?(?:…|\.\s?\.\s?\.)\s?[\])]?/)
    .map(wordsOf)
    .filter((words) => words.length > 0)
  return parts.every((words) => words.length >= MIN_PART) ? parts : [parts.flat()]
}

/** Looks for a quote, given as its parts, in a text. */
export function compare(parts: readonly (readonly Word[])[], source: Readable): Comparison {
  return wordByWord(parts, source) ?? nearly(parts, source)
}
