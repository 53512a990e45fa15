import type { ContextRequest, Omitted } from '../../domain/context.ts'
import { fail } from '../../domain/errors.ts'
import { queryText } from '../../domain/passage.ts'
import type { StoredPaper } from '../../domain/ports.ts'
import { type Hit, type List, MAX_OFFSET, SearchRequest } from '../../domain/query.ts'
import type { Deps } from '../deps.ts'
import { diversify } from '../diversify.ts'
import { collapseNearDuplicates } from '../near-duplicates.ts'
import { searchPapers } from '../search.ts'
import { sanitise } from './sanitise.ts'

/** More than this many hits are looked at only where those before say nearly all the same. */
const PAGE = 100
const MAX_HITS = 2_000

export interface Chosen {
  readonly stored: StoredPaper
  /** Null where the paper was asked for by its id. */
  readonly score: number | null
}

export interface Selected {
  /** In the order in which they are packed. */
  readonly chosen: readonly Chosen[]
  readonly omitted: readonly Omitted[]
  /** The question's vector; null without a question. */
  readonly vector: Float32Array | null
  readonly confidence?: List['confidence']
  readonly generation: number
}

interface Candidate {
  readonly key: number
  readonly score: number
  readonly vector: Float32Array | null
  readonly stored: StoredPaper
}

interface Pool {
  readonly strong: Candidate[]
  readonly weak: StoredPaper[]
  readonly first: List
}

/** A paper that was looked at and left out. */
export const omission = ({ paper }: StoredPaper, reason: Omitted['reason'], of?: string): Omitted => ({
  id: paper.id,
  title: sanitise(paper.title),
  reason,
  ...(of !== undefined && { of }),
})

async function candidatesOf(deps: Deps, hits: readonly Hit[]): Promise<Candidate[]> {
  const found = await deps.store.get(hits.map(({ id }) => id))
  const candidates: Candidate[] = []
  for (const [at, hit] of hits.entries()) {
    const stored = found[at]
    // Deleted between the search and now.
    if (!stored) continue
    candidates.push({ key: stored.key, score: hit.score, vector: await deps.index.vectorOf(stored.key), stored })
  }
  return candidates
}

/** Reads on until twice as many papers as are wanted say different things: a flood of copies starves nobody. */
async function gather(deps: Deps, query: string, request: ContextRequest): Promise<Pool> {
  const { limit, minScore, filter } = request
  const page = (offset: number) =>
    searchPapers(deps, {
      ...SearchRequest.parse({ query, limit: Math.min(PAGE, offset === 0 ? 4 * limit : PAGE), offset }),
      filter,
    })
  const first = await page(0)
  const strong: Candidate[] = []
  const weak: StoredPaper[] = []
  for (let list = first; ; list = await page(list.next ?? 0)) {
    for (const candidate of await candidatesOf(deps, list.data)) {
      if (candidate.score >= minScore) strong.push(candidate)
      else weak.push(candidate.stored)
    }
    const end = list.next === null || list.next >= Math.min(MAX_HITS, MAX_OFFSET)
    if (end || weak.length > 0 || collapseNearDuplicates(strong).length >= 2 * limit) return { strong, weak, first }
  }
}

async function bySearch(deps: Deps, query: string, request: ContextRequest): Promise<Selected> {
  const { limit, diversity } = request
  const { strong, weak, first } = await gather(deps, query, request)
  const survivors = collapseNearDuplicates(strong)
  const byKey = new Map(strong.map(({ key, stored }) => [key, stored]))
  const varied = diversify(
    survivors.map(({ item }) => item),
    { diversity, limit },
  )
  const [vector = null] = await deps.embedder.embed([queryText(query)], 'query')
  return {
    chosen: varied.slice(0, limit).map(({ stored, score }) => ({ stored, score })),
    omitted: [
      ...survivors.flatMap(({ item, collapsed }) =>
        collapsed.flatMap((key) => {
          const twin = byKey.get(key)
          return twin ? [omission(twin, 'near-duplicate', item.stored.paper.id)] : []
        }),
      ),
      ...varied.slice(limit).map(({ stored }) => omission(stored, 'limit')),
      ...weak.map((stored) => omission(stored, 'low-score')),
    ],
    vector,
    confidence: first.confidence,
    generation: first.index.generation,
  }
}

/** Whoever names the papers has chosen: none is left out for what it says, and one that is named twice comes once. */
async function byIds(deps: Deps, ids: readonly string[], query: string | undefined): Promise<Selected> {
  const { generation } = deps.index.status()
  const found = await deps.store.get(ids)
  const missing = ids.find((_, at) => !found[at])
  if (missing !== undefined) fail('PAPER_NOT_FOUND', `No paper has the id "${missing}".`)
  const papers = new Map(found.flatMap((stored) => (stored ? [[stored.key, stored]] : [])))
  const vector = query === undefined ? null : (await deps.embedder.embed([queryText(query)], 'query'))[0]
  return {
    chosen: [...papers.values()].map((stored) => ({ stored, score: null })),
    omitted: [],
    vector: vector ?? null,
    generation,
  }
}

/** The papers of a context, and those that were looked at and left out. Throws PAPER_NOT_FOUND. */
export async function selectPapers(deps: Deps, request: ContextRequest): Promise<Selected> {
  const { ids, query } = request
  if (ids) return byIds(deps, ids, query)
  return query === undefined ? fail('INVALID_REQUEST', 'Give a query, or ids.') : bySearch(deps, query, request)
}
