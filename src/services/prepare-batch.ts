import { KindredError } from '../domain/errors.ts'
import type { PaperChange } from '../domain/ports.ts'
import type { Deps } from './deps.ts'
import { embedEach } from './embed-each.ts'
import { type Outcome, type Plan, type PlannedChange, planChanges, type SourcedRecord } from './plan-changes.ts'

/** A record that is fit to go in, and where it stands. */
export interface Candidate extends SourcedRecord {
  readonly line: number
}

/** What came of texts, by their hashes: vectors, or why the model has none. */
export type Embedded = Map<string, Float32Array | KindredError>

export interface Preparation {
  /** Kept by the caller, so that a text is embedded once a batch, however often the batch is planned. */
  readonly embedded: Embedded
  /** Nothing behind the first record that the model fails at goes in. */
  readonly strict?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ReadyBatch {
  /** What the changes were planned against. */
  readonly generation: number
  readonly outcomes: readonly Outcome[]
  readonly changes: readonly PaperChange[]
  /** Texts of the batch that the model gave a vector. */
  readonly embedded: number
  /** Records that are left out, because the model fails at their texts. */
  readonly parked: readonly { readonly record: Candidate; readonly error: KindredError }[]
}

async function embedMissing(deps: Deps, plan: Plan, { embedded, signal }: Preparation): Promise<void> {
  const missing = new Map<string, string>()
  for (const { change, textToEmbed } of plan.planned) {
    if (textToEmbed !== null && !embedded.has(change.textHash)) missing.set(change.textHash, textToEmbed)
  }
  const found = await embedEach(deps.embedder, [...missing.values()], signal)
  for (const [at, hash] of [...missing.keys()].entries()) embedded.set(hash, found[at] ?? new KindredError('INTERNAL'))
}

const resultOf = ({ change, textToEmbed }: PlannedChange, embedded: Embedded) =>
  textToEmbed === null ? change.vector : (embedded.get(change.textHash) ?? null)

/** The places of the records that the model fails at. */
function failuresOf(plan: Plan, embedded: Embedded): Map<number, KindredError> {
  const failures = new Map<number, KindredError>()
  for (const planned of plan.planned) {
    const result = resultOf(planned, embedded)
    if (result instanceof KindredError) failures.set(planned.textOf, result)
  }
  return failures
}

const withVector = (planned: PlannedChange, embedded: Embedded): PaperChange => {
  const vector = resultOf(planned, embedded)
  return { ...planned.change, vector: vector instanceof KindredError ? null : vector }
}

/**
 * Plans a batch and embeds what is new in it; again without the records that the model fails at, until each change has
 * its vector. Writes nothing.
 */
export async function prepareBatch(deps: Deps, batch: readonly Candidate[], how: Preparation): Promise<ReadyBatch> {
  const parked: { record: Candidate; error: KindredError }[] = []
  for (let records = batch; ; ) {
    const generation = deps.store.generation()
    const plan = await planChanges(deps.store, records, deps.now().toISOString())
    await embedMissing(deps, plan, how)
    const failures = failuresOf(plan, how.embedded)
    if (failures.size === 0) {
      const changes = plan.planned.map((planned) => withVector(planned, how.embedded))
      const embedded = new Set(
        plan.planned.flatMap(({ change, textToEmbed }) => (textToEmbed === null ? [] : change.textHash)),
      )
      return { generation, outcomes: plan.outcomes, changes, embedded: embedded.size, parked }
    }
    for (const [at, record] of records.entries()) {
      const error = failures.get(at)
      if (error) parked.push({ record, error })
    }
    const end = how.strict ? Math.min(...failures.keys()) : records.length
    records = records.slice(0, end).filter((_, at) => !failures.has(at))
  }
}
