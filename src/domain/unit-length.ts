/** Single precision strays less; a flipped bit that strays less still is the same direction for every purpose. */
const TOLERANCE = 1e-3

/** Whether a vector is one of these dimensions, finite and of length 1. */
export function isUnit(vector: Float32Array, dimension: number): boolean {
  if (vector.length !== dimension) return false
  let squares = 0
  for (const value of vector) squares += value * value
  // False for NaN, too.
  return Math.abs(squares - 1) < TOLERANCE
}
