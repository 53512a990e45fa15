import { fail } from '../domain/errors.ts'
import type { Reranker } from '../domain/models.ts'
import { passageText, queryText } from '../domain/passage.ts'
import type { SearchRequest } from '../domain/query.ts'
import type { Ranked } from './answer.ts'
import type { Deps } from './deps.ts'

/** The cross-encoder stage of hybrid search, where a model is configured. */
export interface RerankStage {
  readonly reranker: Reranker
  /** How many of the best are read again. */
  readonly depth: number
  /** How long that may take. */
  readonly budgetMs: number
  /** Called where an answer has to do without. */
  readonly onFailure: (error: unknown) => void
}

interface Reranked {
  /** Best first. */
  readonly ranked: readonly Ranked[]
  readonly degraded: readonly string[]
}

/** Whether a request asks for the stage, configured or not. */
export const wantsRerank = ({ mode, without }: SearchRequest): boolean =>
  mode === 'hybrid' && !without?.includes('rerank')

/**
 * Loads the model of the stage, where there is one, and tries it: a broken one is found before the first question, and
 * the budget of that is not spent on loading. Throws MODEL_UNAVAILABLE.
 */
export async function loadReranker({ rerank }: Deps): Promise<void> {
  await rerank?.reranker.score('', [''])
}

/**
 * Whether the head can change what is shown. A page behind it stays the same, unless hits are put in a new order
 * afterwards; one place behind it, because a paper that was asked for by its name moves the others down.
 */
function isShown({ offset, diversity, recencyHalfLifeDays, collapse }: SearchRequest, depth: number): boolean {
  return offset <= depth || Boolean(diversity) || recencyHalfLifeDays !== undefined || Boolean(collapse)
}

async function relevances(
  deps: Deps,
  { reranker, budgetMs }: RerankStage,
  { query, keys }: { readonly query: string; readonly keys: readonly number[] },
): Promise<number[]> {
  const papers = new Map((await deps.store.byKeys(keys)).map(({ key, paper }) => [key, paper]))
  const passages = keys.map((key) => passageText(papers.get(key) ?? { title: '', abstract: '' }))
  const budget = budgetMs > 0 ? AbortSignal.timeout(budgetMs) : AbortSignal.abort()
  try {
    return await reranker.score(queryText(query), passages, budget)
  } catch (cause) {
    if (budget.aborted) fail('OVERLOADED', `The cross-encoder took longer than ${budgetMs} ms.`, { cause })
    throw cause
  }
}

const withRelevance = (hit: Ranked, relevance: number | undefined): Ranked =>
  hit.explain
    ? { ...hit, explain: { ...hit.explain, rerank: relevance === undefined ? null : { score: relevance } } }
    : hit

/** The order is the cross-encoder's, former ranks decide ties; scores stay with the places. */
function reorder(head: readonly Ranked[], relevance: readonly number[]): Ranked[] {
  const judged = head.map((hit, at) => ({ hit, value: relevance[at] ?? 0 }))
  return judged
    .sort((one, other) => other.value - one.value)
    .map(({ hit, value }, at) => ({ ...withRelevance(hit, value), score: head[at]?.score ?? hit.score }))
}

/**
 * Puts the first hits of a ranking in the order that the cross-encoder gives them, all of them or none: an order of
 * which a part is by relevance would depend on how busy the machine is. Where the budget runs out or the model fails,
 * the ranking stays as it was and `degraded` says so.
 *
 * Scores stay with the places: the best place has the best score, whoever takes it, so that scores remain chances,
 * fall along the list, and mean the same with the stage and without.
 */
export async function rerank(deps: Deps, request: SearchRequest, ranked: readonly Ranked[]): Promise<Reranked> {
  const stage = deps.rerank
  if (!stage || !wantsRerank(request)) return { ranked, degraded: [] }
  const unread = (hits: readonly Ranked[]): Ranked[] => hits.map((hit) => withRelevance(hit, undefined))
  if (!isShown(request, stage.depth)) return { ranked: unread(ranked), degraded: [] }
  const head = ranked.slice(0, stage.depth)
  try {
    const keys = head.map(({ key }) => key)
    const relevance = await relevances(deps, stage, { query: request.query, keys })
    return { ranked: [...reorder(head, relevance), ...unread(ranked.slice(stage.depth))], degraded: [] }
  } catch (error) {
    stage.onFailure(error)
    return { ranked: unread(ranked), degraded: ['rerank'] }
  }
}
