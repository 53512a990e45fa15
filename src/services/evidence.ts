import type { StoredPaper } from '../domain/ports.ts'
import type { Hit } from '../domain/query.ts'
import type { Deps } from './deps.ts'
import { bestSentences } from './sentence-similarity.ts'

type Evidence = NonNullable<Hit['evidence']>

/**
 * The sentence of each paper that is nearest to the unit vector it is compared with, by key. A paper without an abstract
 * has none, nor one whose sentences are not embedded yet. `score` is the cosine similarity; below 0 it counts as 0.
 */
export async function findEvidence(
  deps: Deps,
  comparedWith: (key: number) => Float32Array | undefined,
  papers: readonly StoredPaper[],
): Promise<Map<number, Evidence>> {
  const sets = await deps.store.sentenceVectors(papers.map(({ key }) => key))
  const found = new Map<number, Evidence>()
  for (const { key, paper } of papers) {
    const [set, vector] = [sets.get(key), comparedWith(key)]
    if (!set || !vector) continue
    const { best, bestIndex } = bestSentences(vector, set)
    const span = set.spans[bestIndex]
    if (best === null || !span) continue
    const [start, end] = span
    found.set(key, { text: paper.abstract.slice(start, end), start, end, score: Math.max(0, best) })
  }
  return found
}

/** The explained hits with the places of the terms in their title and abstract. */
export async function withHighlights(deps: Deps, hits: readonly Hit[], terms: readonly string[]): Promise<Hit[]> {
  const explained = hits.filter(({ explain }) => explain !== undefined)
  if (terms.length === 0 || explained.length === 0) return [...hits]
  const highlights = await deps.store.highlights(explained, terms)
  const byId = new Map(explained.map(({ id }, at) => [id, highlights[at]]))
  return hits.map((hit) => {
    const marked = byId.get(hit.id)
    return hit.explain && marked ? { ...hit, explain: { ...hit.explain, highlights: marked } } : hit
  })
}
