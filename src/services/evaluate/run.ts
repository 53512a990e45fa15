import { fail } from '../../domain/errors.ts'
import { type SearchMode, SearchRequest } from '../../domain/query.ts'
import type { Deps } from '../deps.ts'
import { searchPapers } from '../search.ts'
import { bootstrap, RESAMPLES, type Resampling } from './bootstrap.ts'
import { type JudgedQuery, type ResolvedQuery, resolveJudgements } from './judgements.ts'
import { type JudgedRanking, measuresAt } from './metrics.ts'
import { comparePaired } from './paired.ts'
import type { Comparison, Estimates, EvaluationReport, ModeReport } from './report.ts'

/** How deep a ranking is read: as deep as one request goes. */
export const DEPTH = 100

export interface EvaluateOptions {
  readonly modes: readonly SearchMode[]
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

async function rank(deps: Deps, query: ResolvedQuery, mode: SearchMode): Promise<JudgedRanking> {
  const request = SearchRequest.safeParse({ query: query.query, mode, limit: DEPTH })
  if (!request.success) fail('INVALID_REQUEST', `Question "${query.qid}": ${request.error.issues[0]?.message}`)
  const { data } = await searchPapers(deps, request.data)
  const others = data.filter(({ id }) => id !== query.leaveOut)
  return { ranked: others.map(({ id }) => query.grades.get(id) ?? 0), judged: query.judged }
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
  readonly modes: readonly SearchMode[]
  readonly names: readonly string[]
  readonly perQuery: readonly Measured[]
  readonly resampling: Resampling
}

function modeReport({ names, perQuery, resampling }: Summary, mode: SearchMode): ModeReport {
  const own = perQuery.filter((measured) => measured.mode === mode)
  const kinds = [...new Set(own.map(({ kind }) => kind))].map((kind) => {
    const some = own.filter((measured) => measured.kind === kind)
    return { kind, queries: some.length, metrics: estimatesOf(some, names, resampling) }
  })
  return { mode, metrics: estimatesOf(own, names, resampling), kinds }
}

function comparisons({ modes, names, perQuery, resampling }: Summary): Comparison[] {
  const pairs = modes.flatMap((one, at) => modes.slice(at + 1).map((other) => ({ one, other })))
  const valuesIn = (mode: SearchMode, metric: string) =>
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
): Promise<Measured[]> {
  const measures = measuresAt(k)
  const measured: Measured[] = []
  for (const [at, query] of queries.entries()) {
    if (signal?.aborted) fail('INTERRUPTED', `Stopped after ${at} of ${queries.length} questions.`)
    for (const mode of modes) {
      const metrics = measure(measures, await rank(deps, query, mode))
      measured.push({ qid: query.qid, kind: query.kind, mode, metrics })
    }
    onProgress?.(at + 1, queries.length)
  }
  return measured
}

/**
 * Asks every question in every mode and judges the rankings. Questions without a relevant paper are left out; relevant
 * papers that the index does not have count as not found. Throws INTERRUPTED after a stop by the signal.
 */
export async function evaluate(
  deps: Deps,
  queries: readonly JudgedQuery[],
  options: EvaluateOptions,
): Promise<EvaluationReport> {
  const { k = 10, seed = 1, resamples = RESAMPLES } = options
  const modes = [...new Set(options.modes)]
  const resolved: ResolvedQuery[] = []
  for (const query of queries) resolved.push(await resolveJudgements(deps.store, query))
  const judged = resolved.filter((query) => query.judged.length > 0)
  const perQuery = await askAll(deps, judged, { ...options, modes })
  const summary = { modes, names: [...measuresAt(k).keys()], perQuery, resampling: { seed, resamples } }
  return {
    model: deps.embedder.model,
    papers: (await deps.store.stats()).papers,
    queries: judged.length,
    withoutRelevant: resolved.flatMap(({ qid, judged: grades }) => (grades.length === 0 ? [qid] : [])),
    unresolved: resolved.flatMap(({ unresolved }) => unresolved),
    ...{ k, seed, resamples },
    modes: modes.map((mode) => modeReport(summary, mode)),
    comparisons: comparisons(summary),
    perQuery,
  }
}
