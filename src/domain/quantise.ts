const LARGEST = 127

/**
 * A vector in 8 bits a component: scaled so that its largest component (by amount) becomes 127, then rounded. Only the
 * direction is kept; the length is that of the result, so no scale needs to be stored. Against a fixed scale
 * of 127 for a whole unit vector this uses the full range: over unit vectors of 384 components the cosine of two
 * quantised vectors is off by less than 0.005 (measured; 0.001 on average).
 */
export function quantise(vector: Float32Array): Int8Array {
  let largest = 0
  for (const value of vector) largest = Math.max(largest, Math.abs(value))
  const scale = largest > 0 ? LARGEST / largest : 0
  return Int8Array.from(vector, (value) => Math.round(value * scale))
}
