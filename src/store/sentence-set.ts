import type { Range } from '../domain/ports.ts'

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

export function unpackSpans(packed: string): Range[] {
  const offsets: number[] = JSON.parse(packed)
  return Array.from({ length: offsets.length / 2 }, (_, at): Range => [offsets[2 * at] ?? 0, offsets[2 * at + 1] ?? 0])
}
