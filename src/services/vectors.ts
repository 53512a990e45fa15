/** Dot product; of unit vectors it is the cosine similarity. */
export function dot(one: Float32Array, other: Float32Array): number {
  let sum = 0
  for (let at = 0; at < one.length; at += 1) sum += (one[at] as number) * (other[at] as number)
  return sum
}

interface Weighted {
  readonly vector: Float32Array
  readonly weight: number
}

/** The weighted sum. Throws RangeError where there is nothing to sum. */
export function sumOf(parts: readonly Weighted[]): Float32Array {
  const [first] = parts
  if (!first) throw new RangeError('a sum needs a vector')
  const sum = new Float32Array(first.vector.length)
  for (const { vector, weight } of parts) {
    for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] as number) + weight * (vector[at] as number)
  }
  return sum
}

/** The direction of a vector, and how long it was. Where parts cancel out there is no direction: it stays zero. */
export function directionOf(vector: Float32Array): { direction: Float32Array; length: number } {
  const length = Math.sqrt(dot(vector, vector))
  if (length < 1e-6) return { direction: new Float32Array(vector.length), length: 0 }
  return { direction: vector.map((value) => value / length), length }
}
