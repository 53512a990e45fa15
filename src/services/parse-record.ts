import { type Issue, KindredError } from '../domain/errors.ts'
import { recordHash } from '../domain/identity.ts'
import type { Embedder } from '../domain/models.ts'
import { LIMITS, PaperRecord } from '../domain/paper.ts'

/** A record that is fit to go in. `vector` is there where the record brought its own. */
export interface ParsedRecord {
  readonly record: PaperRecord
  readonly hash: string
  readonly vector: Float32Array | null
}

type Parsed = ParsedRecord | { readonly error: KindredError }

/** What the vector of a record must fit. */
export type Model = Pick<Embedder, 'model' | 'fingerprint' | 'dimension'>

/** Vectors this close to length 1 are taken as they are, so that an export comes back bit by bit. */
const UNIT_TOLERANCE = 1e-5

/** A vector of wrong numbers has as many faults as numbers; the first tell enough. */
const MAX_LISTED = 5

function listed(issues: readonly Issue[]): string {
  const first = issues.slice(0, MAX_LISTED).map(({ path, message }) => (path ? `${path}: ${message}` : message))
  const more = issues.length - first.length
  return more > 0 ? `${first.join('; ')}; and ${more} more` : first.join('; ')
}

/** A field beyond its bound is told from a wrong one: the remedy differs. */
function invalid(record: unknown, issues: readonly Issue[]): KindredError {
  const abstract = record && typeof record === 'object' && 'abstract' in record ? record.abstract : undefined
  const tooLarge = typeof abstract === 'string' && abstract.length > LIMITS.abstract
  if (!tooLarge) return new KindredError('RECORD_INVALID', listed(issues), { issues })
  const detail = `abstract: ${abstract.length} characters, at most ${LIMITS.abstract} are taken`
  return new KindredError('RECORD_TOO_LARGE', detail, { issues })
}

function unitVector(numbers: readonly number[]): Float32Array | null {
  const vector = Float32Array.from(numbers)
  const norm = Math.hypot(...vector)
  if (!Number.isFinite(norm) || norm === 0) return null
  return Math.abs(norm - 1) <= UNIT_TOLERANCE ? vector : vector.map((value) => value / norm)
}

function ownVector(record: PaperRecord, model: Model): Float32Array | null | KindredError {
  const { embedding, embeddingModel } = record
  const mismatch = (detail: string) => new KindredError('EMBEDDING_MISMATCH', detail)
  if (!embedding) return embeddingModel ? mismatch('embeddingModel is given without embedding') : null
  if (!embeddingModel) return mismatch('embedding is given without embeddingModel')
  if (embeddingModel !== model.model && embeddingModel !== model.fingerprint) {
    return mismatch(
      `embeddingModel is "${embeddingModel}", this index is made with "${model.model}" (${model.fingerprint})`,
    )
  }
  if (embedding.length !== model.dimension) {
    return mismatch(`embedding has ${embedding.length} numbers, the model gives ${model.dimension}`)
  }
  return unitVector(embedding) ?? mismatch('embedding has no direction: it is zero or overflows')
}

/** Checks one candidate of a source: unknown in, typed record or one error out. */
export function parseRecord(candidate: unknown, model: Model): Parsed {
  const parsed = PaperRecord.safeParse(candidate)
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
    return { error: invalid(candidate, issues) }
  }
  const vector = ownVector(parsed.data, model)
  if (vector instanceof KindredError) return { error: vector }
  return { record: parsed.data, hash: recordHash(parsed.data), vector }
}
