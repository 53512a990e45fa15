import type { StoredPaper } from '../domain/ports.ts'
import type { Hit } from '../domain/query.ts'
import type { Deps } from './deps.ts'
import { nearestSentence } from './sentence-similarity.ts'

type Evidence = NonNullable<Hit['evidence']>

function byVector(comparedWith: (key: number) => Float32Array | undefined, papers: readonly StoredPaper[]) {
  const groups = new Map<Float32Array, StoredPaper[]>()
  for (const paper of papers) {
    const vector = comparedWith(paper.key)
    const group = vector && groups.get(vector)
    if (group) group.push(paper)
    else if (vector) groups.set(vector, [paper])
  }
  return groups
}

/**
 * The sentence of each paper that is nearest to the unit vector it is compared with, by key. A paper without an abstract
 * has none, nor one whose sentences are not embedded yet. `score` is the cosine similarity; below 0 it counts as 0.
 */
export async function findEvidence(
  deps: Deps,
  comparedWith: (key: number) => Float32Array | undefined,
  papers: readonly StoredPaper[],
): Promise<Map<number, Evidence>> {
  const found = new Map<number, Evidence>()
  for (const [vector, group] of byVector(comparedWith, papers)) {
    const near = deps.store.compareSentences(
      vector,
      group.map(({ key }) => key),
    )
    for (const [place, { key, paper }] of group.entries()) {
      const { index, similarity } = nearestSentence(near, place)
      const span = near.spansOf(place)[index]
      if (similarity === null || !span) continue
      const [start, end] = span
      found.set(key, { text: paper.abstract.slice(start, end), start, end, score: Math.max(0, similarity) })
    }
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
