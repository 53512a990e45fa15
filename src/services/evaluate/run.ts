import { fail } from '../../domain/errors.ts'
import { SearchRequest } from '../../domain/query.ts'
import type { Deps } from '../deps.ts'
import { searchPapers } from '../search.ts'
import { bootstrap, RESAMPLES, type Resampling } from './bootstrap.ts'
import { type JudgedQuery, type ResolvedQuery, resolveJudgements } from './judgements.ts'
import { type JudgedRanking, measuresAt } from './metrics.ts'
import { comparePaired } from './paired.ts'
import type { Comparison, Estimates, EvaluationMode, EvaluationReport, ModeReport } from './report.ts'

/** How deep a ranking is read: as deep as one request goes. */
export const DEPTH = 100

export interface EvaluateOptions {
  readonly modes: readonly EvaluationMode[]
  /** Length of the page that nDCG and MRR judge, at most DEPTH. */
  readonly k?: number
  /** Of the intervals and tests. */
  readonly seed?: number
  readonly resamples?: number
  readonly signal?: AbortSignal
  /** Called after each question. */
  readonly onProgress?: (done: number, total: number) => void
}

type Measured = EvaluationReport['perQuery'][number]

const asked = (mode: EvaluationMode): object => (mode === 'rerank' ? { mode: 'hybrid' } : { mode, without: ['rerank'] })

interface Ranking extends JudgedRanking {
  readonly degraded: readonly string[]
}

async function rank(deps: Deps, query: ResolvedQuery, mode: EvaluationMode): Promise<Ranking> {
  const request = SearchRequest.safeParse({ query: query.query, ...asked(mode), limit: DEPTH })
  if (!request.success) fail('INVALID_REQUEST', `Question "${query.qid}": ${request.error.issues[0]?.message}`)
  const { data, index } = await searchPapers(deps, request.data)
  const others = data.filter(({ id }) => id !== query.leaveOut)
  const ranked = others.map(({ id }) => query.grades.get(id) ?? 0)
  return { ranked, judged: query.judged, degraded: index.degraded }
}

type Measures = ReturnType<typeof measuresAt>

const measure = (measures: Measures, ranking: JudgedRanking): Record<string, number> =>
  Object.fromEntries([...measures].map(([name, value]) => [name, value(ranking)]))

/** Values of one metric over some measured questions, in their order. */
const valuesOf = (measured: readonly Measured[], metric: string): number[] =>
  measured.map(({ metrics }) => metrics[metric] ?? 0)

const estimatesOf = (measured: readonly Measured[], names: readonly string[], resampling: Resampling): Estimates =>
  Object.fromEntries(names.map((name) => [name, bootstrap(valuesOf(measured, name), resampling)]))

interface Summary {
  readonly modes: readonly EvaluationMode[]
  readonly names: readonly string[]
  readonly perQuery: readonly Measured[]
  readonly resampling: Resampling
}

function modeReport({ names, perQuery, resampling }: Summary, mode: EvaluationMode): ModeReport {
  const own = perQuery.filter((measured) => measured.mode === mode)
  const kinds = [...new Set(own.map(({ kind }) => kind))].map((kind) => {
    const some = own.filter((measured) => measured.kind === kind)
    return { kind, queries: some.length, metrics: estimatesOf(some, names, resampling) }
  })
  return { mode, metrics: estimatesOf(own, names, resampling), kinds }
}

function comparisons({ modes, names, perQuery, resampling }: Summary): Comparison[] {
  const pairs = modes.flatMap((one, at) => modes.slice(at + 1).map((other) => ({ one, other })))
  const valuesIn = (mode: EvaluationMode, metric: string) =>
    valuesOf(
      perQuery.filter((measured) => measured.mode === mode),
      metric,
    )
  return names.flatMap((metric) =>
    pairs.map(({ one, other }) => ({
      metric,
      one,
      other,
      ...comparePaired(valuesIn(one, metric), valuesIn(other, metric), resampling),
    })),
  )
}

async function askAll(
  deps: Deps,
  queries: readonly ResolvedQuery[],
  { modes, k = 10, signal, onProgress }: EvaluateOptions,
): Promise<Pick<EvaluationReport, 'perQuery' | 'notReranked'>> {
  const measures = measuresAt(k)
  const perQuery: Measured[] = []
  const notReranked: string[] = []
  for (const [at, query] of queries.entries()) {
    if (signal?.aborted) fail('INTERRUPTED', `Stopped after ${at} of ${queries.length} questions.`)
    for (const mode of modes) {
      const ranking = await rank(deps, query, mode)
      if (ranking.degraded.includes('rerank')) notReranked.push(query.qid)
      perQuery.push({ qid: query.qid, kind: query.kind, mode, metrics: measure(measures, ranking) })
    }
    onProgress?.(at + 1, queries.length)
  }
  return { perQuery, notReranked }
}

/**
 * Asks every question in every mode and judges the rankings. Questions without a relevant paper are left out; relevant
 * papers that the index does not have count as not found. Throws INTERRUPTED after a stop by the signal, INVALID_REQUEST
 * where the mode `rerank` is asked for and no cross-encoder is configured.
 */
export async function evaluate(
  deps: Deps,
  queries: readonly JudgedQuery[],
  options: EvaluateOptions,
): Promise<EvaluationReport> {
  const { k = 10, seed = 1, resamples = RESAMPLES } = options
  const modes = [...new Set(options.modes)]
  if (modes.includes('rerank') && !deps.rerank) fail('INVALID_REQUEST', 'The mode rerank needs a --rerank-model.')
  const resolved: ResolvedQuery[] = []
  for (const query of queries) resolved.push(await resolveJudgements(deps.store, query))
  const judged = resolved.filter((query) => query.judged.length > 0)
  const { perQuery, notReranked } = await askAll(deps, judged, { ...options, modes })
  const summary = { modes, names: [...measuresAt(k).keys()], perQuery, resampling: { seed, resamples } }
  return {
    model: deps.embedder.model,
    papers: (await deps.store.stats()).papers,
    queries: judged.length,
    withoutRelevant: resolved.flatMap(({ qid, judged: grades }) => (grades.length === 0 ? [qid] : [])),
    unresolved: resolved.flatMap(({ unresolved }) => unresolved),
    ...{ notReranked, k, seed, resamples },
    modes: modes.map((mode) => modeReport(summary, mode)),
    comparisons: comparisons(summary),
    perQuery,
  }
}
