import type { Word } from './words.ts'

/** Words of the quote that stand where others, or none, stand in the source. Either side may be empty. */
export interface Chunk {
  readonly quoted: readonly Word[]
  readonly stored: readonly Word[]
}

export interface Alignment {
  /** The part of the source that the quote was laid onto: `source.slice(start, end)`, in words. */
  readonly start: number
  readonly end: number
  /** How many words were changed, put in or left out. */
  readonly cost: number
  readonly chunks: readonly Chunk[]
}

/** 1 is a changed word. */
const MATCH = 0
const PUT_IN = 2
const LEFT_OUT = 3

/** Numbers for words, so that the table is filled by comparing integers. */
function numbered(...lists: readonly (readonly Word[])[]): Int32Array[] {
  const numbers = new Map<string, number>()
  return lists.map((list) =>
    Int32Array.from(list, ({ text }) => {
      const number = numbers.get(text) ?? numbers.size
      numbers.set(text, number)
      return number
    }),
  )
}

interface Table {
  readonly steps: Uint8Array
  /** The cost of the whole quote with its end at each place of the source. */
  readonly last: Int32Array
  readonly width: number
}

/** Cost and step in one number, so that the least of several is the cheapest, and of equals the earlier step. */
const cell = (cost: number | undefined, step: number): number => (cost ?? 0) * 4 + step

/** Row by row over the words of the quote; a place in the source may be entered for nothing. */
function fill(quote: Int32Array, source: Int32Array): Table {
  const width = source.length + 1
  const steps = new Uint8Array((quote.length + 1) * width)
  let before = new Int32Array(width)
  for (let row = 1; row <= quote.length; row += 1) {
    const costs = new Int32Array(width)
    costs[0] = row
    steps[row * width] = PUT_IN
    for (let at = 1; at < width; at += 1) {
      const same = source[at - 1] === quote[row - 1] ? 0 : 1
      const best = Math.min(
        cell((before[at - 1] ?? 0) + same, same),
        cell((before[at] ?? 0) + 1, PUT_IN),
        cell((costs[at - 1] ?? 0) + 1, LEFT_OUT),
      )
      costs[at] = best >> 2
      steps[row * width + at] = best & 3
    }
    before = costs
  }
  return { steps, last: before, width }
}

/** The first place where the quote ends at the least cost; a last word that was changed rather stands for another than for none. */
function endOf({ steps, last, width }: Table, rows: number): number {
  let end = 0
  for (let at = 1; at < width; at += 1) if ((last[at] ?? 0) < (last[end] ?? 0)) end = at
  const isPutIn = end > 0 && steps[rows * width + end] === PUT_IN
  return isPutIn && end + 1 < width && last[end + 1] === last[end] ? end + 1 : end
}

/** The steps from the beginning of the quote to its end, which is laid onto the source there. */
function pathOf({ steps, width }: Table, rows: number, end: number): { path: number[]; start: number } {
  const path: number[] = []
  let [row, at] = [rows, end]
  while (row > 0) {
    const step = steps[row * width + at] ?? PUT_IN
    if (step !== LEFT_OUT) row -= 1
    if (step !== PUT_IN) at -= 1
    path.push(step)
  }
  return { path: path.reverse(), start: at }
}

/** Changes that touch each other are one chunk. */
function chunksOf(path: readonly number[], quote: readonly Word[], source: readonly Word[]): Chunk[] {
  const chunks: { quoted: Word[]; stored: Word[] }[] = []
  let [row, at, open] = [0, 0, false]
  for (const step of path) {
    const word = step === LEFT_OUT ? [] : quote.slice(row, row + 1)
    const other = step === PUT_IN ? [] : source.slice(at, at + 1)
    row += word.length
    at += other.length
    if (step !== MATCH && !open) chunks.push({ quoted: [], stored: [] })
    open = step !== MATCH
    if (!open) continue
    chunks.at(-1)?.quoted.push(...word)
    chunks.at(-1)?.stored.push(...other)
  }
  return chunks
}

/**
 * Lays a quote onto the part of a source that it differs least from, in words (Sellers, "The Theory and Computation of
 * Evolutionary Distances: Pattern Recognition", 1980): what stands before and behind that part costs nothing.
 */
export function align(quote: readonly Word[], source: readonly Word[]): Alignment {
  const [quoteWords = new Int32Array(), sourceWords = new Int32Array()] = numbered(quote, source)
  const table = fill(quoteWords, sourceWords)
  const end = endOf(table, quote.length)
  const { path, start } = pathOf(table, quote.length, end)
  return { start, end, cost: table.last[end] ?? quote.length, chunks: chunksOf(path, quote, source.slice(start, end)) }
}
