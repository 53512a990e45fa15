import type { SentenceSimilarities } from '../domain/ports.ts'

/** The sentence of a paper that is nearest to what it is compared with, by cosine similarity, -1..1. */
export interface NearestSentence {
  /** Its place among the sentences; -1 where the paper has none. */
  readonly index: number
  /** Null where there is none. */
  readonly similarity: number | null
}

/** Of the paper at a place among those that were compared, the first of equals. */
export function nearestSentence({ values, starts }: SentenceSimilarities, place: number): NearestSentence {
  const first = (starts[place] as number) + 1
  const end = starts[place + 1] as number
  if (first >= end) return { index: -1, similarity: null }
  let best = first
  for (let at = first + 1; at < end; at += 1) if ((values[at] as number) > (values[best] as number)) best = at
  return { index: best - first, similarity: values[best] as number }
}

/** Of its title; null where the vectors of the paper's title and sentences are not there (yet). */
export function titleSimilarity({ values, starts }: SentenceSimilarities, place: number): number | null {
  const start = starts[place] as number
  return start < (starts[place + 1] as number) ? (values[start] as number) : null
}
