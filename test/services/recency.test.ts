import { describe, expect, it } from 'vitest'
import { decayOf, neutralFactor } from '../../src/services/recency.ts'

const decay = { halfLifeDays: 100, now: new Date('2024-06-01') }
const dated = (publishedAt: string | null, year: number | null = null) => ({ publishedAt, year })

describe('decayOf', () => {
  it('halves with every half-life', () => {
    expect(decayOf(dated('2024-06-01'), decay)).toBe(1)
    expect(decayOf(dated('2024-02-22'), decay)).toBeCloseTo(0.5, 12)
    expect(decayOf(dated('2023-11-14'), decay)).toBeCloseTo(0.25, 12)
  })

  it('takes a date to come as today', () => {
    expect(decayOf(dated('2030-01-01'), decay)).toBe(1)
  })

  it('takes the middle of the year where only the year is known', () => {
    expect(decayOf(dated(null, 2023), decay)).toBe(decayOf(dated('2023-07-01'), decay))
    expect(decayOf(dated(null), decay)).toBeNull()
  })

  it('stays in 0..1 for the oldest papers', () => {
    expect(decayOf(dated('1665-03-06'), decay)).toBeGreaterThanOrEqual(0)
  })
})

describe('neutralFactor', () => {
  it('is the median of those that have a date', () => {
    const papers = [dated('2024-06-01'), dated(null), dated('2024-02-22'), dated('2020-01-01')]
    expect(neutralFactor(papers, decay)).toBeCloseTo(0.5, 12)
  })

  it('is 1 where none has one', () => {
    expect(neutralFactor([dated(null)], decay)).toBe(1)
    expect(neutralFactor([], decay)).toBe(1)
  })
})
