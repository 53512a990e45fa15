import type { SentenceSimilarities } from '../domain/ports.ts'

/** The sentence of a paper that is nearest to what it is compared with, by cosine similarity, -1..1. */
export interface NearestSentence {
  /** Its place among the sentences; -1 where the paper has none. */
  readonly index: number
  /** Null where there is none. */
  readonly similarity: number | null
}

/** Of the paper at a place among those that were compared, the first of equals. */
export function nearestSentence(near: SentenceSimilarities, place: number): NearestSentence {
  const { values, starts, titles } = near
  const similarity = nearestSimilarity(near, place)
  if (similarity === null) return { index: -1, similarity }
  const first = (starts[place] as number) + (titles ? 1 : 0)
  return { index: values.indexOf(similarity, first) - first, similarity }
}

/** How near that one is. */
export function nearestSimilarity({ nearest }: SentenceSimilarities, place: number): number | null {
  const similarity = nearest[place] as number
  return Number.isNaN(similarity) ? null : similarity
}

/** Of its title; null where titles were not compared, or the vectors of the paper are not there (yet). */
export function titleSimilarity({ values, starts, titles }: SentenceSimilarities, place: number): number | null {
  const start = starts[place] as number
  return titles && start < (starts[place + 1] as number) ? (values[start] as number) : null
}
