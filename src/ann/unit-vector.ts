import type { VectorQuery } from '../domain/vector-index.ts'

/** Throws RangeError for a vector that no similarity can be taken of. */
export function requireVector(vector: Float32Array, dimension: number): void {
  if (vector.length === dimension && vector.every(Number.isFinite)) return
  throw new RangeError(`a vector to search with must have ${dimension} finite numbers`)
}

/** Throws RangeError for what must not reach native code. */
export function requireQuery({ vector, limit, ef }: VectorQuery, dimension: number): void {
  requireVector(vector, dimension)
  if (!Number.isSafeInteger(limit) || limit < 0) throw new RangeError('the limit must be a whole number from 0')
  if (ef !== undefined && !(Number.isSafeInteger(ef) && ef > 0))
    throw new RangeError('ef must be a whole number from 1')
}
