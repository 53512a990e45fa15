import { describe, expect, it } from 'vitest'
import { calibrated, confidenceOf } from '../../src/services/calibration.ts'
import { fusedValue, keywordShare } from '../../src/services/fused-value.ts'

const question = { terms: 8, bestBm25: 20 }
const paper = { dense: 0.5, bm25: 5, sentence: 0.7, title: 0.3 }

describe('fusedValue', () => {
  it('is the weighted mean of its parts, worked out by hand', () => {
    // (0.8 * 0.5 + 0.4 * sqrt(5 / 20) + 0.5 * 0.7) / 1.7
    expect(fusedValue(paper, question)).toBeCloseTo(0.95 / 1.7, 12)
  })

  it('looks at words and title more where the question is of few words', () => {
    // (0.8 * 0.5 + 1.2 * 0.5 + 0.5 * 0.7 + 0.2 * 0.3) / 2.7
    expect(fusedValue(paper, { ...question, terms: 2 })).toBeCloseTo(1.41 / 2.7, 12)
    expect([1, 2, 4, 6, 9].map(keywordShare)).toEqual([1, 1, 0.5, 0, 0])
  })

  it('judges a paper without sentence vectors by its whole', () => {
    const bare = { ...paper, sentence: null, title: null }
    expect(fusedValue(bare, question)).toBe(fusedValue({ ...paper, sentence: 0.5, title: 0.5 }, question))
  })

  it('is no worse for a question whose words stand nowhere', () => {
    expect(fusedValue({ ...paper, bm25: 0 }, { ...question, bestBm25: 0 })).toBeCloseTo(0.75 / 1.7, 12)
  })
})

describe('calibrated', () => {
  it.each(['hybrid', 'dense', 'lexical'] as const)('keeps the order of %s, within 0..1', (mode) => {
    const values = [-1, 0, 0.1, 0.3, 0.5, 0.8, 1, 20].map((value) => calibrated(mode, value))
    expect(values).toEqual([...values].sort((one, other) => one - other))
    for (const value of values) expect(value >= 0 && value <= 1).toBe(true)
  })
})

describe('confidenceOf', () => {
  it('is none for what no paper speaks of, whatever its score, else by the best hit', () => {
    expect(confidenceOf(false, 0.9)).toBe('none')
    expect(confidenceOf(true, 0.4)).toBe('low')
    expect(confidenceOf(true, 0.6)).toBe('high')
  })
})
