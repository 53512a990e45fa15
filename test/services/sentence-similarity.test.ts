import { describe, expect, it } from 'vitest'
import { nearestSentence, titleSimilarity } from '../../src/services/sentence-similarity.ts'

/** Three papers: one with two sentences, one whose vectors are not there, one without an abstract. */
const NEAR = {
  values: Float64Array.of(0.9, 0.2, 0.7, 0.7, 0.5),
  nearest: Float64Array.of(0.7, Number.NaN, Number.NaN),
  starts: Uint32Array.of(0, 4, 4, 5),
  titles: true,
  spansOf: () => [],
}

describe('the nearest sentence', () => {
  it('is the first of the most similar ones; the title is none', () => {
    expect(nearestSentence(NEAR, 0)).toEqual({ index: 1, similarity: 0.7 })
    expect(titleSimilarity(NEAR, 0)).toBe(0.9)
  })

  it('is null where there is no sentence, and so is the title where nothing is embedded', () => {
    expect(nearestSentence(NEAR, 1)).toEqual({ index: -1, similarity: null })
    expect(titleSimilarity(NEAR, 1)).toBeNull()
    expect(nearestSentence(NEAR, 2)).toEqual({ index: -1, similarity: null })
    expect(titleSimilarity(NEAR, 2)).toBe(0.5)
  })

  it('begins at once where titles were not compared', () => {
    const near = { ...NEAR, nearest: Float64Array.of(0.9, Number.NaN, 0.5), titles: false }
    expect(nearestSentence(near, 0)).toEqual({ index: 0, similarity: 0.9 })
    expect(titleSimilarity(near, 0)).toBeNull()
  })
})
