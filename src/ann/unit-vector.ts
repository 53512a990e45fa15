import type { VectorQuery } from '../domain/vector-index.ts'

/** Throws RangeError for a vector that no similarity can be taken of. */
export function requireVector(vector: Float32Array, dimension: number): void {
  // A sum in double precision is finite where every number of single precision is.
  let sum = 0
  for (let at = 0; at < vector.length; at += 1) sum += vector[at] as number
  if (vector.length === dimension && Number.isFinite(sum)) return
  throw new RangeError(`a vector to search with must have ${dimension} finite numbers`)
}

/** Throws RangeError for what must not reach native code. */
export function requireQuery({ vector, limit, ef }: VectorQuery, dimension: number): void {
  requireVector(vector, dimension)
  if (!Number.isSafeInteger(limit) || limit < 0) throw new RangeError('the limit must be a whole number from 0')
  if (ef !== undefined && !(Number.isSafeInteger(ef) && ef > 0))
    throw new RangeError('ef must be a whole number from 1')
}
