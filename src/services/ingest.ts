import { fail } from '../domain/errors.ts'
import type { SourceItem } from '../domain/ports.ts'
import type { Deps } from './deps.ts'
import { type IngestTarget, type RejectedRecord, storeTarget, type WriteOptions } from './ingest-target.ts'
import { parseRecord } from './parse-record.ts'
import type { Candidate } from './prepare-batch.ts'

/** Large enough that the workers seldom wait for the last text of a batch, small enough that little is lost by a stop. */
const BATCH = 64

export interface IngestProgress {
  readonly records: number
  readonly embedded: number
  readonly rejected: number
}

export interface IngestOptions extends WriteOptions {
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

type Run = { readonly target: IngestTarget; readonly options: IngestOptions; readonly report: IngestReport }

function reject(run: Run, rejected: RejectedRecord): void {
  run.report.rejected += 1
  run.options.onRejected?.(rejected)
  if (run.options.strict) throw rejected.error
}

function accept(run: Run, item: SourceItem): Candidate | null {
  const { source, line } = item
  const parsed = 'error' in item ? item : parseRecord(item.record, run.target.model)
  if ('error' in parsed) {
    reject(run, { source, line, error: parsed.error })
    return null
  }
  run.report.sources[source] = (run.report.sources[source] ?? 0) + 1
  if (!parsed.record.abstract) run.report.withoutAbstract += 1
  return { ...parsed, source, line }
}

/** Papers that bring their vectors are never waited for: without a pause, a long request would hold up all others. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function flush(run: Run, batch: Candidate[]): Promise<void> {
  const { report, target, options } = run
  const records = batch.splice(0)
  const written = records.length > 0 ? await target.write(records, options) : null
  for (const name of ['added', 'updated', 'unchanged', 'embedded'] as const) report[name] += written?.[name] ?? 0
  for (const refused of written?.refused ?? []) reject(run, refused)
  const { added, updated, unchanged, embedded, rejected } = report
  options.onProgress?.({ records: added + updated + unchanged, embedded, rejected })
}

/**
 * Reads records, embeds what is new or changed and writes it, batch by batch; what a batch wrote is durable and
 * searchable. A record that is refused is reported and loses nothing of the others. Throws INTERRUPTED after a stop by
 * the signal: the batches before it are kept, and a rerun goes on from there.
 */
export const ingest = (deps: Deps, items: AsyncIterable<SourceItem>, options: IngestOptions): Promise<IngestReport> =>
  ingestInto(storeTarget(deps), items, options)

/** The same into any target. */
export async function ingestInto(
  target: IngestTarget,
  items: AsyncIterable<SourceItem>,
  options: IngestOptions,
): Promise<IngestReport> {
  const report = { added: 0, updated: 0, unchanged: 0, rejected: 0, embedded: 0, withoutAbstract: 0, sources: {} }
  const run: Run = { target, options, report }
  const batch: Candidate[] = []
  const stopIfAsked = () => options.signal?.aborted && fail('INTERRUPTED')
  try {
    for await (const item of items) {
      stopIfAsked()
      const record = accept(run, item)
      if (record) batch.push(record)
      if (batch.length < BATCH) continue
      await flush(run, batch)
      await nextTurn()
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
