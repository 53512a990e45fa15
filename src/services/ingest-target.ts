import { fail, type KindredError } from '../domain/errors.ts'
import { failpoint } from '../domain/failpoint.ts'
import type { Deps } from './deps.ts'
import type { Model } from './parse-record.ts'
import type { Outcome } from './plan-changes.ts'
import { type Candidate, type Preparation, prepareBatch, type ReadyBatch } from './prepare-batch.ts'

/** How often a batch is planned again because another process wrote meanwhile. */
const MAX_PLANS = 50

export interface RejectedRecord {
  readonly source: string
  readonly line: number
  readonly error: KindredError
}

/** What became of a batch. */
export interface Written extends Readonly<Record<Outcome, number>> {
  readonly embedded: number
  /** Records that the target knew better to refuse. */
  readonly refused: readonly RejectedRecord[]
}

export interface WriteOptions {
  /** Names the run of ingest, e.g. a UUID. */
  readonly run: string
  /** Stop at the first record that is refused; what went in before stays. */
  readonly strict?: boolean
  readonly signal?: AbortSignal
}

/** Where an ingest puts its records: the store of this process, or a server that has it. */
export interface IngestTarget {
  /** What the vector that a record brings must fit. */
  readonly model: Model
  /** How many records are written at a time. */
  readonly batch: number
  /** How many batches are taken at a time, so that the model need not wait for the disk. */
  readonly underWay: number
  /**
   * Writes all of a batch; it is durable and searchable afterwards. Batches go in one after the other, and none after
   * one that failed.
   */
  write(batch: readonly Candidate[], options: WriteOptions): Promise<Written>
}

/** A transaction holds up whoever asks meanwhile: so many papers take some 15 ms. */
const BATCH = 16
/** Enough that every process has a text while a batch is written; what is under way is lost by a stop. */
const UNDER_WAY = 4

/** Writes all of a prepared batch at once, and plans anew where another writer came first. */
async function writeBatch(
  deps: Deps,
  batch: readonly Candidate[],
  how: Preparation & WriteOptions,
): Promise<ReadyBatch> {
  const { store, index } = deps
  for (let attempt = 0; attempt < MAX_PLANS; attempt += 1) {
    const ready = await prepareBatch(deps, batch, how)
    if (ready.changes.length === 0) return ready
    if (how.signal?.aborted) fail('INTERRUPTED')
    if (await store.write({ changes: ready.changes, expectedGeneration: ready.generation, run: how.run })) {
      failpoint('write-after-commit')
      await index.sync()
      return ready
    }
  }
  return fail('OVERLOADED', 'Other writers kept changing the same index.')
}

function writtenOf({ metrics }: Deps, { outcomes, parked, embedded }: ReadyBatch): Written {
  const counts = { added: 0, updated: 0, unchanged: 0 }
  for (const outcome of outcomes) counts[outcome] += 1
  for (const _ of parked) metrics.count('papers_parked')
  const refused = parked.map(({ record, error }) => ({ source: record.source, line: record.line, error }))
  return { ...counts, embedded, refused }
}

/** The store of this process. Batches are embedded outside any transaction, while those before them are still written. */
export function storeTarget(deps: Deps): IngestTarget {
  let before: Promise<unknown> = Promise.resolve()
  let waiting = 0
  const write: IngestTarget['write'] = async (batch, options) => {
    const how = { ...options, embedded: new Map() }
    const former = before
    // A guess, because the batches before may change what this one is about; most often it is right.
    if (waiting > 1) await prepareBatch(deps, batch, how)
    await former
    return writtenOf(deps, await writeBatch(deps, batch, how))
  }
  return {
    model: deps.embedder,
    batch: BATCH,
    underWay: UNDER_WAY,
    write: (batch, options) => {
      waiting += 1
      const written = write(batch, options).finally(() => {
        waiting -= 1
      })
      before = written
      // Whoever waits for this batch is told; those behind it are told by `before`.
      written.catch(() => undefined)
      return written
    },
  }
}
