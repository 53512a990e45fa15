import type { StoredPaper } from '../domain/ports.ts'
import { type Explanation, type Hit, type IndexReport, type List, MAX_OFFSET, type Plan } from '../domain/query.ts'
import type { Deps } from './deps.ts'

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
}

export const clampScore = (value: number): number => Math.min(1, Math.max(0, value))

function toHit(stored: StoredPaper, ranked: Ranked, rank: number): Hit {
  const hit: Hit = { ...stored.paper, rank, score: ranked.score, evidence: null }
  return ranked.explain ? { ...hit, explain: ranked.explain } : hit
}

function indexReport(deps: Deps, plan: Plan): IndexReport {
  const { generation, engine, recallAt10, degraded } = deps.index.status()
  return { generation, engine, plan, recallAt10, degraded: [...degraded] }
}

/** Turns ranked keys into a List; a paper deleted since the ranking is left out. */
export async function answer(deps: Deps, parts: AnswerParts): Promise<List> {
  const papers = new Map(
    (await deps.store.byKeys(parts.ranked.map(({ key }) => key))).map((paper) => [paper.key, paper]),
  )
  const data: Hit[] = []
  for (const ranked of parts.ranked) {
    const stored = papers.get(ranked.key)
    if (stored) data.push(toHit(stored, ranked, parts.offset + data.length + 1))
  }
  const end = parts.offset + parts.ranked.length
  return {
    data,
    total: parts.total,
    offset: parts.offset,
    // An offset that would be refused is not offered.
    next: end < parts.total && end <= MAX_OFFSET && parts.ranked.length > 0 ? end : null,
    tookMs: Math.round((performance.now() - parts.startedAt) * 1000) / 1000,
    index: indexReport(deps, parts.plan),
  }
}
