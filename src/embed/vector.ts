import { fail } from '../domain/errors.ts'
import type { Pooling } from './presets.ts'

/** Token vectors of one text, row after row: `tokens` × `dimension` numbers. */
export interface TokenVectors {
  readonly data: Float32Array
  readonly tokens: number
  readonly dimension: number
}

/** One vector for the text: the mean over all tokens, or the first one ([CLS]). Sums run in double precision. */
export function pool(vectors: TokenVectors, pooling: Pooling): Float64Array {
  return pooling === 'cls' ? Float64Array.from(vectors.data.subarray(0, vectors.dimension)) : meanOf(vectors)
}

/** Four columns at a time, from the first token to the last each, so that the sums need not go through memory. */
function meanOf({ data, tokens, dimension }: TokenVectors): Float64Array {
  const mean = new Float64Array(dimension)
  const end = tokens * dimension
  for (let column = 0; column < dimension; column += 4) {
    let [first, second, third, fourth] = [0, 0, 0, 0]
    for (let at = column; at < end; at += dimension) {
      first += data[at] ?? 0
      second += data[at + 1] ?? 0
      third += data[at + 2] ?? 0
      fourth += data[at + 3] ?? 0
    }
    // What lies behind the last column is not kept: a typed array has no such place.
    mean[column] = first / tokens
    mean[column + 1] = second / tokens
    mean[column + 2] = third / tokens
    mean[column + 3] = fourth / tokens
  }
  return mean
}

/** The vector with L2 norm 1. Throws EMBEDDING_FAILED where it has no direction (NaN, infinite or all zero). */
export function normalise(vector: Float64Array): Float32Array {
  let squares = 0
  for (const value of vector) squares += value * value
  const norm = Math.sqrt(squares)
  if (!Number.isFinite(norm) || norm === 0) fail('EMBEDDING_FAILED', 'The model gave a vector without direction.')
  return new Float32Array(vector.map((value) => value / norm))
}
