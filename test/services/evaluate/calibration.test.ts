import { describe, expect, it } from 'vitest'
import { auroc } from '../../../src/services/evaluate/auroc.ts'
import {
  expectedCalibrationError,
  reliabilityTable,
  type ScoredOutcome,
} from '../../../src/services/evaluate/calibration.ts'
import { fitIsotonic, isotonicValue } from '../../../src/services/evaluate/isotonic.ts'
import { fitPlatt, plattProbability } from '../../../src/services/evaluate/platt.ts'
import { createRandom } from '../../support/random.ts'

const points = (...pairs: readonly (readonly [number, 0 | 1])[]): ScoredOutcome[] =>
  pairs.map(([score, outcome]) => ({ score, outcome }))

describe('expectedCalibrationError', () => {
  it('weighs the gap of each bin by its points', () => {
    // Two points at 0.9 of which one holds (gap 0.4), two at 0.15 of which none holds (gap 0.15).
    const error = expectedCalibrationError(points([0.9, 1], [0.9, 0], [0.15, 0], [0.15, 0]))
    expect(error).toBeCloseTo(0.5 * 0.4 + 0.5 * 0.15, 12)
  })

  it('is 0 for scores that keep their word, and without points', () => {
    expect(expectedCalibrationError(points([1, 1], [0, 0], [0.5, 1], [0.5, 0]))).toBe(0)
    expect(expectedCalibrationError([])).toBe(0)
  })
})

describe('reliabilityTable', () => {
  it('puts 0 into the first bin and 1 into the last, and leaves empty bins at 0', () => {
    const table = reliabilityTable(points([0, 0], [1, 1], [0.1, 1]))
    expect(table).toHaveLength(10)
    expect(table[0]).toEqual({ low: 0, high: 0.1, count: 1, confidence: 0, accuracy: 0 })
    expect(table[1]).toMatchObject({ count: 1, confidence: 0.1, accuracy: 1 })
    expect(table[5]).toMatchObject({ count: 0, confidence: 0, accuracy: 0 })
    expect(table[9]).toMatchObject({ high: 1, count: 1, confidence: 1, accuracy: 1 })
  })

  it('refuses a score that is no number', () => {
    expect(() => reliabilityTable(points([Number.NaN, 1]))).toThrow(RangeError)
  })
})

describe('auroc', () => {
  it('is the share of pairs in the right order', () => {
    // Of the four pairs only (0.35 against 0.4) is in the wrong order.
    expect(auroc(points([0.1, 0], [0.4, 0], [0.35, 1], [0.8, 1]))).toBe(0.75)
    expect(auroc(points([1, 0], [2, 1]))).toBe(1)
    expect(auroc(points([2, 0], [1, 1]))).toBe(0)
  })

  it('counts ties half', () => {
    expect(auroc(points([1, 0], [1, 1]))).toBe(0.5)
    expect(auroc(points([1, 0], [1, 1], [2, 1], [0, 0]))).toBe(0.875)
  })

  it('is not defined for one outcome only', () => {
    expect(() => auroc(points([1, 1]))).toThrow(RangeError)
  })
})

describe('fitPlatt', () => {
  it('finds the curve that the outcomes were drawn from', () => {
    const random = createRandom(3)
    const many = Array.from({ length: 20_000 }, (): ScoredOutcome => {
      const score = 4 * random() - 2
      return { score, outcome: random() < 1 / (1 + Math.exp(-(1.5 * score - 0.5))) ? 1 : 0 }
    })
    const { slope, intercept } = fitPlatt(many)
    expect(slope).toBeCloseTo(1.5, 1)
    expect(intercept).toBeCloseTo(-0.5, 1)
  })

  it("meets Platt's smoothed targets exactly where two scores allow it", () => {
    // Two of each: the targets are 3/4 and 1/4, so the logits at 1 and 0 are log 3 and -log 3.
    const { slope, intercept } = fitPlatt(points([1, 1], [1, 1], [0, 0], [0, 0]))
    expect(slope).toBeCloseTo(2 * Math.log(3), 6)
    expect(intercept).toBeCloseTo(-Math.log(3), 6)
    expect(plattProbability({ slope, intercept }, 1)).toBeCloseTo(0.75, 6)
  })

  it('gives the base rate where all scores are alike, and stays finite for extreme ones', () => {
    const alike = fitPlatt(points([0.4, 1], [0.4, 0], [0.4, 1], [0.4, 0]))
    expect(plattProbability(alike, 0.4)).toBeCloseTo(0.5, 6)
    expect(plattProbability({ slope: 1e6, intercept: 0 }, -1)).toBe(0)
    expect(plattProbability({ slope: 1e6, intercept: 0 }, 1)).toBe(1)
  })
})

describe('fitIsotonic', () => {
  it('pools neighbours that are out of order', () => {
    const knots = fitIsotonic(points([1, 0], [2, 1], [3, 0], [4, 1]))
    expect(knots).toEqual([
      { score: 1, value: 0 },
      { score: 2, value: 0.5 },
      { score: 3, value: 0.5 },
      { score: 4, value: 1 },
    ])
  })

  it('takes equal scores for one, and pools back as far as it must', () => {
    expect(fitIsotonic(points([2, 0], [1, 1], [1, 1], [2, 0], [3, 0]))).toEqual([
      { score: 1, value: 0.4 },
      { score: 3, value: 0.4 },
    ])
  })

  it('is linear between knots and level outside', () => {
    const knots = fitIsotonic(points([1, 0], [3, 1]))
    expect([0, 1, 2, 2.5, 3, 9].map((score) => isotonicValue(knots, score))).toEqual([0, 0, 0.5, 0.75, 1, 1])
    expect(() => isotonicValue([], 1)).toThrow(RangeError)
  })
})
