import { describe, expect, it } from 'vitest'
import { bootstrap } from '../../../src/services/evaluate/bootstrap.ts'
import { comparePaired } from '../../../src/services/evaluate/paired.ts'
import { createRandom } from '../../support/random.ts'

const drawn = (seed: number, count: number, shift = 0): number[] => {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => random() + shift)
}

describe('bootstrap', () => {
  it('gives the same interval for the same seed, and another for another', () => {
    const values = drawn(1, 50)
    expect(bootstrap(values, { seed: 7 })).toEqual(bootstrap(values, { seed: 7 }))
    expect(bootstrap(values, { seed: 7 })).not.toEqual(bootstrap(values, { seed: 8 }))
  })

  it('holds the mean, and nearly what the normal approximation gives', () => {
    const { mean, low, high } = bootstrap(drawn(2, 400), { seed: 1 })
    const halfWidth = (1.96 * Math.sqrt(1 / 12)) / Math.sqrt(400)
    expect(mean - low).toBeCloseTo(halfWidth, 2)
    expect(high - mean).toBeCloseTo(halfWidth, 2)
  })

  it('covers the true mean of most samples, as 95 % promises', () => {
    const covering = Array.from({ length: 200 }, (_, at) =>
      bootstrap(drawn(at + 10, 60), { seed: at, resamples: 1_000 }),
    )
    const share = covering.filter(({ low, high }) => low <= 0.5 && 0.5 <= high).length / covering.length
    expect(share).toBeGreaterThan(0.9)
    expect(share).toBeLessThan(0.99)
  })

  it('has no width where nothing varies, and is 0 without values', () => {
    expect(bootstrap([0.25, 0.25], { seed: 1 })).toEqual({ mean: 0.25, low: 0.25, high: 0.25 })
    expect(bootstrap([], { seed: 1 })).toEqual({ mean: 0, low: 0, high: 0 })
  })
})

describe('comparePaired', () => {
  it('turns its sign and keeps p when the two change places', () => {
    const [one, other] = [drawn(3, 40, 0.1), drawn(4, 40)]
    const there = comparePaired(one, other, { seed: 5 })
    const back = comparePaired(other, one, { seed: 5 })
    expect(back.p).toBe(there.p)
    expect(back.difference.mean).toBeCloseTo(-there.difference.mean, 12)
  })

  it('comes near the exact p of all sign patterns', () => {
    // Of the 16 sign patterns only all plus and all minus are as far from 0: p = 2 / 16.
    const { p } = comparePaired([1, 2, 3, 4], [0, 0, 0, 0], { seed: 1 })
    expect(Math.abs(p - 0.125)).toBeLessThan(0.01)
  })

  it('is sure of a difference that every question shows, and never gives 0', () => {
    const values = drawn(6, 60)
    const { p } = comparePaired(
      values.map((value) => value + 0.2),
      values,
      { seed: 1, resamples: 999 },
    )
    expect(p).toBe(0.001)
  })

  it('is 1 where nothing differs', () => {
    expect(comparePaired([0.5, 1], [0.5, 1], { seed: 1 })).toMatchObject({ p: 1, difference: { mean: 0 } })
  })

  it('refuses values of different questions', () => {
    expect(() => comparePaired([1], [1, 2], { seed: 1 })).toThrow(RangeError)
  })
})
