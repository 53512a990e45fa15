import type { Range, SentenceSet } from '../domain/ports.ts'
import { normOf } from '../domain/quantise.ts'

interface Span {
  readonly start: number
  readonly end: number
}

/** Starts and ends in turn: `[0,120,121,300]`. */
export const packSpans = (spans: readonly Span[]): string =>
  JSON.stringify(spans.flatMap(({ start, end }) => [start, end]))

export interface SentenceRow {
  readonly number: number
  readonly paper: number
  readonly spans: string
  readonly vectors: Buffer
}

/** The set of a row; its lengths are worked out once here, so that a search only multiplies. */
export function unpackSet({ spans, vectors }: SentenceRow, dimension: number): SentenceSet {
  const offsets: number[] = JSON.parse(spans)
  const rows = new Int8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)
  const count = offsets.length / 2
  return {
    spans: Array.from({ length: count }, (_, at): Range => [offsets[2 * at] ?? 0, offsets[2 * at + 1] ?? 0]),
    vectors: rows.subarray(dimension),
    norms: Float32Array.from({ length: count }, (_, at) => normOf(rows, (at + 1) * dimension, dimension)),
    title: rows.subarray(0, dimension),
    titleNorm: normOf(rows, 0, dimension),
  }
}

/** About what a set takes in memory. */
export const bytesOf = ({ vectors, title, spans }: SentenceSet): number =>
  vectors.length + title.length + 64 * spans.length + 512
