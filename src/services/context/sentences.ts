import type { SentenceSimilarities, StoredPaper } from '../../domain/ports.ts'
import { sentencesOf } from '../../domain/sentences.ts'
import { queryTerms, questionTerms } from '../../domain/terms.ts'
import type { Deps } from '../deps.ts'

/** A sentence of an abstract as it was given, `abstract.slice(start, end)`, and how near it is to what was asked. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly score: number
}

/** What sentences are compared with. */
export interface Asked {
  /** A unit vector. */
  readonly vector: Float32Array | null
  readonly query: string | undefined
}

const byScore = (one: Span, other: Span): number => other.score - one.score || one.start - other.start

/** Empty for a paper without an abstract; null where its sentences are not embedded (yet). */
function byVector(near: SentenceSimilarities): Span[] | null {
  if (near.starts[0] === near.starts[1]) return null
  return near.spansOf(0).map(([start, end], at) => ({ start, end, score: Math.max(0, near.values[at + 1] ?? 0) }))
}

/** Where no sentence is embedded (yet): the share of the question's words that each holds. */
function byWords(query: string, abstract: string): Span[] {
  const asked = questionTerms(query)
  return sentencesOf(abstract).map(({ text, start, end }) => {
    const held = new Set(queryTerms(text))
    const found = asked.filter((term) => held.has(term)).length
    return { start, end, score: asked.length === 0 ? 0 : found / asked.length }
  })
}

/** The sentences of each paper, the best first, ties as they stand in the abstract; by key. */
export async function rankSentences(
  deps: Deps,
  asked: Asked,
  papers: readonly StoredPaper[],
): Promise<Map<number, readonly Span[]>> {
  const ranked = new Map<number, readonly Span[]>()
  for (const { key, paper } of papers) {
    // Papers that were asked for by id, without a question: the sentence most like the paper itself says most of it.
    const vector = asked.vector ?? (await deps.index.vectorOf(key))
    const near = vector && byVector(deps.store.compareSentences(vector, [key]))
    const spans = near ?? byWords(asked.query ?? paper.title, paper.abstract)
    ranked.set(key, spans.sort(byScore))
  }
  return ranked
}
