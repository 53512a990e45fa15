import type { StoredPaper } from '../domain/ports.ts'
import { type Explanation, type Hit, type IndexReport, type List, MAX_OFFSET, type Plan } from '../domain/query.ts'
import type { Deps } from './deps.ts'
import { findEvidence, withHighlights } from './evidence.ts'

/** A paper on its way into an answer. */
export interface Ranked {
  readonly key: number
  /** 0..1 */
  readonly score: number
  readonly explain?: Explanation
}

interface AnswerParts {
  /** Best first, the page that was asked for. */
  readonly ranked: readonly Ranked[]
  readonly total: number
  readonly offset: number
  /** `performance.now()` when the request came in. */
  readonly startedAt: number
  readonly plan: Plan
  /** What the sentences of the hits are compared with, all with the same or each key with its own; else they show none. */
  readonly vector?: Float32Array | ReadonlyMap<number, Float32Array> | undefined
  /** The words that are highlighted in hits that are explained. */
  readonly terms?: readonly string[] | undefined
  /** Hits with a lower score are left out, and with the first of them the list ends. */
  readonly minScore?: number | undefined
  /** What this answer had to do without. */
  readonly degraded?: readonly string[] | undefined
}

export const clampScore = (value: number): number => Math.min(1, Math.max(0, value))

function toHit(stored: StoredPaper, ranked: Ranked, shown: Pick<Hit, 'rank' | 'evidence'>): Hit {
  const hit: Hit = { ...stored.paper, score: ranked.score, ...shown }
  return ranked.explain ? { ...hit, explain: ranked.explain } : hit
}

function indexReport(deps: Deps, { plan, degraded: missed = [] }: AnswerParts): IndexReport {
  const { generation, engine, recallAt10, recall, degraded } = deps.index.status()
  const filling = deps.store.lacksSentences() ? ['evidence-filling'] : []
  return { generation, engine, plan, recallAt10, recall, degraded: [...degraded, ...filling, ...missed] }
}

/** Scores fall along a ranking, so a page that loses hits is the last, and its length tells the total. */
function withoutWeak(parts: AnswerParts): AnswerParts {
  const { minScore, offset } = parts
  if (minScore === undefined) return parts
  const ranked = parts.ranked.filter(({ score }) => score >= minScore)
  return ranked.length === parts.ranked.length ? parts : { ...parts, ranked, total: offset + ranked.length }
}

/** Turns ranked keys into a List; a paper deleted since the ranking is left out. */
export async function answer(deps: Deps, asked: AnswerParts): Promise<List> {
  const parts = withoutWeak(asked)
  const papers = new Map(
    (await deps.store.byKeys(parts.ranked.map(({ key }) => key))).map((paper) => [paper.key, paper]),
  )
  const { vector } = parts
  const comparedWith = (key: number) => (vector instanceof Float32Array ? vector : vector?.get(key))
  const evidence = vector && (await findEvidence(deps, comparedWith, [...papers.values()]))
  const data: Hit[] = []
  for (const ranked of parts.ranked) {
    const stored = papers.get(ranked.key)
    const shown = { rank: parts.offset + data.length + 1, evidence: evidence?.get(ranked.key) ?? null }
    if (stored) data.push(toHit(stored, ranked, shown))
  }
  const end = parts.offset + parts.ranked.length
  return {
    data: await withHighlights(deps, data, parts.terms ?? []),
    total: parts.total,
    offset: parts.offset,
    // An offset that would be refused is not offered.
    next: end < parts.total && end <= MAX_OFFSET && parts.ranked.length > 0 ? end : null,
    tookMs: Math.round((performance.now() - parts.startedAt) * 1000) / 1000,
    index: indexReport(deps, parts),
  }
}
