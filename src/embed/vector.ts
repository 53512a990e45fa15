import { fail } from '../domain/errors.ts'
import type { Pooling } from './presets.ts'

/** Token vectors of one text, row after row: `tokens` × `dimension` numbers. */
export interface TokenVectors {
  readonly data: Float32Array
  readonly tokens: number
  readonly dimension: number
}

/** One vector for the text: the mean over all tokens, or the first one ([CLS]). Sums run in double precision. */
export function pool({ data, tokens, dimension }: TokenVectors, pooling: Pooling): Float64Array {
  if (pooling === 'cls') return Float64Array.from(data.subarray(0, dimension))
  const sum = new Float64Array(dimension)
  for (let row = 0; row < tokens; row += 1) {
    const start = row * dimension
    for (let column = 0; column < dimension; column += 1) {
      sum[column] = (sum[column] ?? 0) + (data[start + column] ?? 0)
    }
  }
  return sum.map((value) => value / tokens)
}

/** The vector with L2 norm 1. Throws EMBEDDING_FAILED where it has no direction (NaN, infinite or all zero). */
export function normalise(vector: Float64Array): Float32Array {
  let squares = 0
  for (const value of vector) squares += value * value
  const norm = Math.sqrt(squares)
  if (!Number.isFinite(norm) || norm === 0) fail('EMBEDDING_FAILED', 'The model gave a vector without direction.')
  return Float32Array.from(vector, (value) => value / norm)
}
