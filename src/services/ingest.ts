import { fail, type KindredError } from '../domain/errors.ts'
import type { PaperChange, SourceItem } from '../domain/ports.ts'
import type { Deps } from './deps.ts'
import { parseRecord } from './parse-record.ts'
import { type Outcome, type Plan, planChanges, type SourcedRecord } from './plan-changes.ts'

/** Large enough that the workers seldom wait for the last text of a batch, small enough that little is lost by a stop. */
const BATCH = 64
/** How often a batch is planned again because another process wrote meanwhile. */
const MAX_PLANS = 50

export interface IngestProgress {
  readonly records: number
  readonly embedded: number
  readonly rejected: number
}

export interface RejectedRecord {
  readonly source: string
  readonly line: number
  readonly error: KindredError
}

export interface IngestOptions {
  /** Names this run, e.g. a UUID. */
  readonly run: string
  /** Stop at the first record that is refused; what went in before stays. */
  readonly strict?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: IngestProgress) => void
  readonly onRejected?: (rejected: RejectedRecord) => void
}

export interface IngestReport {
  added: number
  updated: number
  unchanged: number
  rejected: number
  /** Texts that went through the model. */
  embedded: number
  /** Valid records without an abstract: they are found by their titles only. */
  withoutAbstract: number
  /** Valid records a source. */
  readonly sources: Record<string, number>
}

type Run = { readonly deps: Deps; readonly options: IngestOptions; readonly report: IngestReport }

/** Vectors by the place of their text in the plan; texts of a former attempt are not embedded again. */
async function embedMissing(run: Run, plan: Plan, cache: Map<string, Float32Array>): Promise<PaperChange[]> {
  const texts = plan.planned.flatMap(({ change, textToEmbed }) =>
    textToEmbed !== null && !cache.has(change.textHash) ? [{ hash: change.textHash, text: textToEmbed }] : [],
  )
  const unique = [...new Map(texts.map(({ hash, text }) => [hash, text]))]
  const vectors = await run.deps.embedder.embed(
    unique.map(([, text]) => text),
    'passage',
    run.options.signal,
  )
  unique.forEach(([hash], at) => {
    const vector = vectors[at]
    if (vector) cache.set(hash, vector)
  })
  run.report.embedded += unique.length
  return plan.planned.map(({ change, textToEmbed }) =>
    textToEmbed === null ? change : { ...change, vector: cache.get(change.textHash) ?? null },
  )
}

/** Embeds outside any transaction, writes all of the batch at once, and plans anew where another writer came first. */
async function writeBatch(run: Run, records: readonly SourcedRecord[]): Promise<readonly Outcome[]> {
  const { store, index, now } = run.deps
  const cache = new Map<string, Float32Array>()
  for (let attempt = 0; attempt < MAX_PLANS; attempt += 1) {
    const expectedGeneration = store.generation()
    const plan = await planChanges(store, records, now().toISOString())
    if (plan.planned.length === 0) return plan.outcomes
    const changes = await embedMissing(run, plan, cache)
    if (await store.write({ changes, expectedGeneration, run: run.options.run })) {
      await index.sync()
      return plan.outcomes
    }
  }
  return fail('OVERLOADED', 'Other writers kept changing the same index.')
}

function reject(run: Run, rejected: RejectedRecord): void {
  run.report.rejected += 1
  run.options.onRejected?.(rejected)
  if (run.options.strict) throw rejected.error
}

function accept(run: Run, item: SourceItem): SourcedRecord | null {
  const { source, line } = item
  const parsed = 'error' in item ? item : parseRecord(item.record, run.deps.embedder)
  if ('error' in parsed) {
    reject(run, { source, line, error: parsed.error })
    return null
  }
  run.report.sources[source] = (run.report.sources[source] ?? 0) + 1
  if (!parsed.record.abstract) run.report.withoutAbstract += 1
  return { ...parsed, source }
}

async function flush(run: Run, batch: SourcedRecord[]): Promise<void> {
  const records = batch.splice(0)
  if (records.length > 0) for (const outcome of await writeBatch(run, records)) run.report[outcome] += 1
  const { added, updated, unchanged, embedded, rejected } = run.report
  run.options.onProgress?.({ records: added + updated + unchanged, embedded, rejected })
}

/**
 * Reads records, embeds what is new or changed and writes it, batch by batch; what a batch wrote is durable and
 * searchable. A record that is refused is reported and loses nothing of the others. Throws INTERRUPTED after a stop by
 * the signal: the batches before it are kept, and a rerun goes on from there.
 */
export async function ingest(
  deps: Deps,
  items: AsyncIterable<SourceItem>,
  options: IngestOptions,
): Promise<IngestReport> {
  const report = { added: 0, updated: 0, unchanged: 0, rejected: 0, embedded: 0, withoutAbstract: 0, sources: {} }
  const run: Run = { deps, options, report }
  const batch: SourcedRecord[] = []
  const stopIfAsked = () => options.signal?.aborted && fail('INTERRUPTED')
  try {
    for await (const item of items) {
      stopIfAsked()
      const record = accept(run, item)
      if (record) batch.push(record)
      if (batch.length >= BATCH) await flush(run, batch)
    }
  } catch (error) {
    // A strict stop keeps the good records before the bad one, as a lenient run would have.
    if (!options.signal?.aborted) await flush(run, batch)
    throw error
  }
  stopIfAsked()
  await flush(run, batch)
  return report
}
