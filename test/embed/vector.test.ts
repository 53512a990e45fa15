import { describe, expect, it } from 'vitest'
import { normalise, pool } from '../../src/embed/vector.ts'
import { createRandom } from '../support/random.ts'

const ROWS = { data: Float32Array.of(3, 0, 5, 8), tokens: 2, dimension: 2 }

describe('pool', () => {
  it('takes the mean over the tokens', () => {
    expect([...pool(ROWS, 'mean')]).toEqual([4, 4])
  })

  it.each([1, 2, 3, 4, 5, 7, 8, 384])('adds the tokens of %d columns in their order, to the last bit', (dimension) => {
    const random = createRandom(dimension)
    for (let tokens = 1; tokens < 40; tokens += 1) {
      const data = Float32Array.from({ length: tokens * dimension }, () => (random() - 0.5) * 10 ** (8 * random() - 4))
      const expected = Float64Array.from({ length: dimension }, (_, column) => {
        let sum = 0
        for (let row = 0; row < tokens; row += 1) sum += data[row * dimension + column] ?? Number.NaN
        return sum / tokens
      })
      expect(pool({ data, tokens, dimension }, 'mean')).toEqual(expected)
    }
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
