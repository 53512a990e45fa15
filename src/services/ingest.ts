import { fail } from '../domain/errors.ts'
import { ownTurn } from '../domain/own-turn.ts'
import type { SourceItem } from '../domain/ports.ts'
import type { Deps } from './deps.ts'
import {
  type IngestTarget,
  type RejectedRecord,
  storeTarget,
  type WriteOptions,
  type Written,
} from './ingest-target.ts'
import { parseRecord } from './parse-record.ts'
import type { Candidate } from './prepare-batch.ts'

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

/** A batch is read in so many parts, so that it holds up nobody. */
const RECORDS_A_TURN = 4

interface Run {
  readonly target: IngestTarget
  readonly options: IngestOptions
  readonly report: IngestReport
  /** Batches that are not written yet, the oldest first. */
  readonly underWay: Promise<Written>[]
}

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

/** Waits until no more than so many batches are under way. */
async function settle(run: Run, most: number): Promise<void> {
  const { report, options, underWay } = run
  while (underWay.length > most) {
    const written = await underWay.shift()
    for (const name of ['added', 'updated', 'unchanged', 'embedded'] as const) report[name] += written?.[name] ?? 0
    for (const refused of written?.refused ?? []) reject(run, refused)
    const { added, updated, unchanged, embedded, rejected } = report
    options.onProgress?.({ records: added + updated + unchanged, embedded, rejected })
  }
}

/** A strict run must know what became of a batch before it goes on. */
async function flush(run: Run, batch: Candidate[]): Promise<void> {
  const { target, options, underWay } = run
  if (batch.length > 0) underWay.push(target.write(batch.splice(0), options))
  await settle(run, options.strict ? 0 : target.underWay - 1)
}

async function finish(run: Run, batch: Candidate[]): Promise<void> {
  await flush(run, batch)
  await settle(run, 0)
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
  const run: Run = { target, options, report, underWay: [] }
  const batch: Candidate[] = []
  const stopIfAsked = () => options.signal?.aborted && fail('INTERRUPTED')
  try {
    for await (const item of items) {
      stopIfAsked()
      const record = accept(run, item)
      if (record) batch.push(record)
      if (batch.length >= target.batch) await flush(run, batch)
      // Reading one takes a fraction of a millisecond, and nothing of a long request is waited for where papers bring
      // their vectors.
      if (batch.length % RECORDS_A_TURN === 0) await ownTurn()
    }
    stopIfAsked()
    await finish(run, batch)
  } catch (error) {
    try {
      // A strict stop keeps the good records before the bad one, as a lenient run would have.
      if (!options.signal?.aborted) await finish(run, batch)
    } finally {
      // Nothing is written any more once the run is over.
      await Promise.allSettled(run.underWay)
    }
    throw error
  }
  return report
}
