import { describe, expect, it } from 'vitest'
import { measuresAt, ndcgAt, recallAt, reciprocalRankAt } from '../../../src/services/evaluate/metrics.ts'

describe('ndcgAt', () => {
  it('gives the value worked out by hand, with gain 2^grade - 1 and discount log2(rank + 1)', () => {
    // Gains 1, 0, 3 against 3, 1, 1: (1 + 3 / 2) / (3 + 1 / log2(3) + 1 / 2)
    const value = ndcgAt(10, { ranked: [1, 0, 2], judged: [2, 1, 1] })
    expect(value).toBeCloseTo(2.5 / (3 + 1 / Math.log2(3) + 0.5), 12)
  })

  it('is 1 for the best order, and for each order of equal grades', () => {
    expect(ndcgAt(3, { ranked: [2, 1, 1, 0], judged: [1, 2, 1] })).toBe(1)
    expect(ndcgAt(2, { ranked: [1, 1, 1], judged: [1, 1, 1] })).toBe(1)
  })

  it('judges the first k only, and asks for no more than fit there', () => {
    expect(ndcgAt(2, { ranked: [0, 0, 2], judged: [2] })).toBe(0)
    expect(ndcgAt(1, { ranked: [2], judged: [2, 2, 2] })).toBe(1)
  })

  it('counts fewer hits than k, and papers that were not found, against the ranking', () => {
    expect(ndcgAt(10, { ranked: [1], judged: [1, 1] })).toBeCloseTo(1 / (1 + 1 / Math.log2(3)), 12)
    expect(ndcgAt(10, { ranked: [], judged: [1] })).toBe(0)
  })

  it('is 0 where nothing is relevant', () => {
    expect(ndcgAt(10, { ranked: [0, 0], judged: [] })).toBe(0)
  })
})

describe('reciprocalRankAt', () => {
  it('is one over the rank of the first relevant paper, whatever its grade', () => {
    expect(reciprocalRankAt(10, { ranked: [0, 0, 1, 2], judged: [2, 1] })).toBeCloseTo(1 / 3, 12)
    expect(reciprocalRankAt(10, { ranked: [2], judged: [2] })).toBe(1)
  })

  it('is 0 where none is among the first k', () => {
    expect(reciprocalRankAt(2, { ranked: [0, 0, 1], judged: [1] })).toBe(0)
    expect(reciprocalRankAt(2, { ranked: [], judged: [1] })).toBe(0)
  })
})

describe('recallAt', () => {
  it('is the share of all relevant papers, also of those that no ranking can find', () => {
    const ranking = { ranked: [1, 0, 2, 0, 1], judged: [2, 1, 1, 1] }
    expect(recallAt(3, ranking)).toBe(0.5)
    expect(recallAt(5, ranking)).toBe(0.75)
    expect(recallAt(100, ranking)).toBe(0.75)
  })

  it('is 0 where nothing is relevant', () => {
    expect(recallAt(10, { ranked: [0], judged: [] })).toBe(0)
  })
})

describe('measuresAt', () => {
  it('names each measure once, recall by depth', () => {
    expect([...measuresAt(10).keys()]).toEqual(['nDCG@10', 'MRR@10', 'recall@10', 'recall@50', 'recall@100'])
    expect([...measuresAt(100).keys()]).toEqual(['nDCG@100', 'MRR@100', 'recall@50', 'recall@100'])
  })
})
