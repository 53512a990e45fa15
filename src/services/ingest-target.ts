import { fail, type KindredError } from '../domain/errors.ts'
import { failpoint } from '../domain/failpoint.ts'
import type { Deps } from './deps.ts'
import type { Model } from './parse-record.ts'
import type { Outcome } from './plan-changes.ts'
import { type Candidate, type Embedded, prepareBatch, type ReadyBatch } from './prepare-batch.ts'

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
  /** Writes all of a batch; it is durable and searchable afterwards. */
  write(batch: readonly Candidate[], options: WriteOptions): Promise<Written>
}

/** Embeds outside any transaction, writes all of the batch at once, and plans anew where another writer came first. */
async function writeBatch(deps: Deps, batch: readonly Candidate[], options: WriteOptions): Promise<ReadyBatch> {
  const { store, index } = deps
  const { run, strict = false, signal } = options
  const embedded: Embedded = new Map()
  for (let attempt = 0; attempt < MAX_PLANS; attempt += 1) {
    const ready = await prepareBatch(deps, batch, { embedded, strict, signal })
    if (ready.changes.length === 0) return ready
    if (await store.write({ changes: ready.changes, expectedGeneration: ready.generation, run })) {
      failpoint('write-after-commit')
      await index.sync()
      return ready
    }
  }
  return fail('OVERLOADED', 'Other writers kept changing the same index.')
}

/** The store of this process. */
export const storeTarget = (deps: Deps): IngestTarget => ({
  model: deps.embedder,
  write: async (batch, options) => {
    const { outcomes, parked, embedded } = await writeBatch(deps, batch, options)
    const counts = { added: 0, updated: 0, unchanged: 0 }
    for (const outcome of outcomes) counts[outcome] += 1
    for (const _ of parked) deps.metrics.count('papers_parked')
    const refused = parked.map(({ record, error }) => ({ source: record.source, line: record.line, error }))
    return { ...counts, embedded, refused }
  },
})
