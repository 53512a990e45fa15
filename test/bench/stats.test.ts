import { describe, expect, it } from 'vitest'
import { median, pairRatios, quantile, spread, takeTurns } from '../../bench/stats.mjs'
import { atLeast, atMost, verdict } from '../../bench/targets.mjs'

const hundred = Array.from({ length: 100 }, (_, at) => 100 - at)

describe('quantile', () => {
  it('is the value of the nearest rank, whatever the order', () => {
    expect(quantile(hundred, 0.5)).toBe(50)
    expect(quantile(hundred, 0.99)).toBe(99)
    expect(quantile(hundred, 1)).toBe(100)
    expect(quantile(hundred, 0)).toBe(1)
    expect(quantile([7], 0.99)).toBe(7)
  })

  it('leaves what it is given as it is, and has no value of nothing', () => {
    const values = [3, 1, 2]
    quantile(values, 0.5)
    expect(values).toEqual([3, 1, 2])
    expect(quantile([], 0.5)).toBeNaN()
  })
})

describe('median and spread', () => {
  it('take the middle, or the mean of the two middle ones', () => {
    expect(median([9, 1, 5])).toBe(5)
    expect(median([9, 1, 5, 7])).toBe(6)
    expect(spread([9, 1, 5])).toEqual({ median: 5, low: 1, high: 9 })
  })
})

describe('ratios of pairs', () => {
  it('divide runs of the same turn, so that a drift of the machine falls out', () => {
    const drift = [1, 0.5, 0.25]
    const ones = drift.map((speed) => 400 * speed)
    const others = drift.map((speed) => 100 * speed)
    expect(pairRatios(ones, others)).toEqual({ median: 4, low: 4, high: 4, pairs: 3 })
  })

  it('refuse runs that have no pairs', () => {
    expect(() => pairRatios([1, 2], [1])).toThrow(RangeError)
  })
})

describe('turns', () => {
  it('run there and back again, and keep the results of each side in order', async () => {
    const order: string[] = []
    const side = (name: string) => async (round: number) => {
      order.push(name)
      return `${name}${round}`
    }
    const results = await takeTurns(3, { a: side('a'), b: side('b') })
    expect(order).toEqual(['a', 'b', 'b', 'a', 'a', 'b'])
    expect(results).toEqual({ a: ['a0', 'a1', 'a2'], b: ['b0', 'b1', 'b2'] })
  })
})

describe('targets', () => {
  it('are judged by the median, and missed by what was not measured', () => {
    const ratio = { median: 8.2, low: 7, high: 9 }
    expect(verdict(atLeast('x', 8, ratio))).toBe('held')
    expect(verdict(atLeast('x', 8.5, ratio))).toBe('missed')
    expect(verdict(atMost('x', 3, 2.9))).toBe('held')
    expect(verdict(atMost('x', 3, Number.NaN))).toBe('missed')
    expect(verdict(atMost('x', 3, null))).toBe('missed')
    expect(atLeast('x', 8, ratio)).toMatchObject({ wanted: '>= 8', text: '8.2 (7–9)' })
  })
})
