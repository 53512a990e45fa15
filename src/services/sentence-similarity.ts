import type { SentenceSet } from '../domain/ports.ts'

/** How near a query is to the title and the sentences of a paper, by cosine similarity, -1..1. */
export interface SentenceSimilarity {
  /** That of the nearest sentence; null where the paper has none. */
  readonly best: number | null
  /** Its place in the set; -1 where there is none. */
  readonly bestIndex: number
  /** That of the next sentence; null where there is none. */
  readonly secondBest: number | null
  readonly title: number
}

/** Four sums at a time: they do not wait for each other, which doubles the speed. */
function dot(query: Float32Array, rows: Int8Array, start: number): number {
  const end = query.length - (query.length % 4)
  let [a, b, c, d] = [0, 0, 0, 0]
  for (let at = 0, row = start; at < end; at += 4, row += 4) {
    a += (query[at] as number) * (rows[row] as number)
    b += (query[at + 1] as number) * (rows[row + 1] as number)
    c += (query[at + 2] as number) * (rows[row + 2] as number)
    d += (query[at + 3] as number) * (rows[row + 3] as number)
  }
  for (let at = end; at < query.length; at += 1) a += (query[at] as number) * (rows[start + at] as number)
  return a + b + c + d
}

/** Rounding may carry a cosine past 1; a row without length is like nothing. */
const cosine = (product: number, norm: number): number => (norm > 0 ? Math.min(1, Math.max(-1, product / norm)) : -1)

/** How near a unit vector is to each sentence of a paper, by cosine similarity, in their order. */
export const sentenceSimilarities = (query: Float32Array, { vectors, norms }: SentenceSet): number[] =>
  Array.from(norms, (norm, at) => cosine(dot(query, vectors, at * query.length), norm))

/**
 * Compares a unit vector with a paper's title and sentences. The query keeps its precision: a product of a 32-bit float
 * and an 8-bit number takes as long as one of two 8-bit numbers.
 */
export function bestSentences(query: Float32Array, set: SentenceSet): SentenceSimilarity {
  const { vectors, norms } = set
  let best = Number.NEGATIVE_INFINITY
  let secondBest = Number.NEGATIVE_INFINITY
  let bestIndex = -1
  for (let at = 0; at < norms.length; at += 1) {
    const similarity = cosine(dot(query, vectors, at * query.length), norms[at] as number)
    if (similarity > best) {
      secondBest = best
      best = similarity
      bestIndex = at
    } else if (similarity > secondBest) secondBest = similarity
  }
  return {
    best: norms.length > 0 ? best : null,
    bestIndex,
    secondBest: norms.length > 1 ? secondBest : null,
    title: cosine(dot(query, set.title, 0), set.titleNorm),
  }
}
