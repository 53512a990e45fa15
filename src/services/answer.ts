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

/** A page of a ranking, and what is told about it. */
export interface AnswerParts {
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
  readonly confidence?: List['confidence']
}

export const clampScore = (value: number): number => Math.min(1, Math.max(0, value))

/** One hit of a page, before it takes its form. */
export interface ShownPaper {
  readonly stored: StoredPaper
  readonly ranked: Ranked
  readonly rank: number
  readonly evidence: Hit['evidence']
}

/** A page, before its hits take their form. */
export interface Page {
  readonly hits: readonly ShownPaper[]
  readonly about: Omit<List, 'data'>
}

function toHit({ stored, ranked, rank, evidence }: ShownPaper): Hit {
  const hit: Hit = { ...stored.paper, score: ranked.score, rank, evidence }
  return ranked.explain ? { ...hit, explain: ranked.explain } : hit
}

export function indexReport(
  deps: Deps,
  { plan, degraded: missed = [] }: Pick<AnswerParts, 'plan' | 'degraded'>,
): IndexReport {
  const { generation, engine, recallAt10, recall, degraded } = deps.index.status()
  const filling = deps.store.lacksSentences() ? ['evidence-filling'] : []
  return { generation, engine, plan, recallAt10, recall, degraded: [...degraded, ...filling, ...missed] }
}

/** Scores fall along a ranking, so a page that loses hits is the last, and its length tells the total. */
export function withoutWeak(parts: AnswerParts): AnswerParts {
  const { minScore, offset } = parts
  if (minScore === undefined) return parts
  const ranked = parts.ranked.filter(({ score }) => score >= minScore)
  return ranked.length === parts.ranked.length ? parts : { ...parts, ranked, total: offset + ranked.length }
}

async function showPapers(deps: Deps, { ranked, offset, vector }: AnswerParts): Promise<ShownPaper[]> {
  const found = await deps.store.byKeys(ranked.map(({ key }) => key))
  const comparedWith = (key: number) => (vector instanceof Float32Array ? vector : vector?.get(key))
  const evidence = vector && (await findEvidence(deps, comparedWith, found))
  const shown: ShownPaper[] = []
  for (const each of ranked) {
    // What is found comes in the order of the keys, without those that are gone.
    const stored = found[shown.length]
    if (stored?.key !== each.key) continue
    const rank = offset + shown.length + 1
    shown.push({ stored, ranked: each, rank, evidence: evidence?.get(each.key) ?? null })
  }
  return shown
}

export interface Told extends Pick<AnswerParts, 'total' | 'offset' | 'startedAt' | 'confidence'> {
  readonly ranked: ArrayLike<unknown>
}

/** What is told about a page besides the index. */
export function figuresOf(parts: Told): Omit<Page['about'], 'index'> {
  const end = parts.offset + parts.ranked.length
  return {
    total: parts.total,
    offset: parts.offset,
    // An offset that would be refused is not offered.
    next: end < parts.total && end <= MAX_OFFSET && parts.ranked.length > 0 ? end : null,
    tookMs: Math.round((performance.now() - parts.startedAt) * 1000) / 1000,
    // Left out of the JSON where it is not known.
    confidence: parts.confidence,
  }
}

/** Looks up what a page shows; a paper deleted since the ranking is left out. */
export async function pageOf(deps: Deps, asked: AnswerParts): Promise<Page> {
  const parts = withoutWeak(asked)
  const hits = await showPapers(deps, parts)
  return { hits, about: { ...figuresOf(parts), index: indexReport(deps, parts) } }
}

/** Turns ranked keys into a List. */
export async function answer(deps: Deps, parts: AnswerParts): Promise<List> {
  const { hits, about } = await pageOf(deps, parts)
  return { data: await withHighlights(deps, hits.map(toHit), parts.terms ?? []), ...about }
}
