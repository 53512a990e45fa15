import { describe, expect, it } from 'vitest'
import { relevanceOf } from '../../src/embed/relevance.ts'

const of = (...logits: number[]): number => relevanceOf(Float32Array.of(...logits))

describe('relevanceOf', () => {
  it('is the logistic function of one logit', () => {
    expect(of(0)).toBe(0.5)
    expect(of(2)).toBeCloseTo(1 / (1 + Math.exp(-2)), 12)
    expect(of(-2)).toBeCloseTo(1 - of(2), 12)
  })

  it('is the softmax of two labels at the second', () => {
    expect(of(1, 3)).toBeCloseTo(Math.exp(3) / (Math.exp(1) + Math.exp(3)), 12)
    expect(of(1_000, 0)).toBe(0)
  })

  it('stays in 0..1 for any number, and refuses what is none', () => {
    for (const logit of [1e30, -1e30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
      expect([0, 1]).toContain(of(logit))
    for (const logits of [[], [Number.NaN], [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]])
      expect(() => of(...logits)).toThrow(expect.objectContaining({ code: 'EMBEDDING_FAILED' }))
  })
})
