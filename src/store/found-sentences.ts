import type { Range, SentenceSimilarities } from '../domain/ports.ts'
import { unpackSpans } from './sentence-set.ts'

/** Of the title and of the sentences of most abstracts; only a guess at the room that is needed. */
const USUAL_ROWS = 12
const NO_SPANS = '[]'

interface Compared {
  /** Its title and its sentences. */
  readonly rows: number
  /** Packed. */
  readonly spans: string
}

/** What a call has found so far, a paper after the other. */
export class FoundSentences implements SentenceSimilarities {
  readonly starts: Uint32Array
  values: Float64Array
  readonly #spans: string[] = []

  constructor(papers: number) {
    this.starts = new Uint32Array(papers + 1)
    this.values = new Float64Array(papers * USUAL_ROWS)
  }

  /** Where the values of the next paper begin, with room for so many. */
  #next(rows: number): number {
    const place = this.#spans.length
    const start = this.starts[place] as number
    this.starts[place + 1] = start + rows
    if (start + rows > this.values.length) {
      const { values } = this
      this.values = new Float64Array(2 * (start + rows))
      this.values.set(values)
    }
    return start
  }

  /** The next paper, with as many of the similarities as it has rows; undefined where it has none. */
  add(set: Compared | undefined, similarities: Float64Array): void {
    const rows = set?.rows ?? 0
    const start = this.#next(rows)
    for (let at = 0; at < rows; at += 1) this.values[start + at] = similarities[at] as number
    this.#spans.push(set?.spans ?? NO_SPANS)
  }

  spansOf(place: number): Range[] {
    return unpackSpans(this.#spans[place] ?? NO_SPANS)
  }
}

/** What is known where sentences are not looked at. */
export const withoutSentences = (papers: number): SentenceSimilarities => new FoundSentences(papers)
