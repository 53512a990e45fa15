import { describe, expect, it } from 'vitest'
import { normalise, pool } from '../../src/embed/vector.ts'

const ROWS = { data: Float32Array.of(3, 0, 5, 8), tokens: 2, dimension: 2 }

describe('pool', () => {
  it('takes the mean over the tokens', () => {
    expect([...pool(ROWS, 'mean')]).toEqual([4, 4])
  })

  it('takes the first token for cls', () => {
    expect([...pool(ROWS, 'cls')]).toEqual([3, 0])
  })
})

describe('normalise', () => {
  it('gives a vector of length 1', () => {
    expect([...normalise(Float64Array.of(3, 4))]).toEqual([Math.fround(0.6), Math.fround(0.8)])
  })

  it.each([
    [0, 0],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
  ])('refuses a vector without direction: %d, %d', (...values) => {
    expect(() => normalise(Float64Array.from(values))).toThrow(expect.objectContaining({ code: 'EMBEDDING_FAILED' }))
  })
})
