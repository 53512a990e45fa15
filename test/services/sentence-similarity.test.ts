import { describe, expect, it } from 'vitest'
import type { SentenceSet } from '../../src/domain/ports.ts'
import { normOf, quantise } from '../../src/domain/quantise.ts'
import { bestSentences } from '../../src/services/sentence-similarity.ts'
import { createRandom, randomVector } from '../support/random.ts'

const dot = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)

function setOf(title: Float32Array, vectors: readonly Float32Array[]): SentenceSet {
  const rows = vectors.map(quantise)
  return {
    spans: rows.map((_, at) => [at, at + 1]),
    vectors: Int8Array.from(rows.flatMap((row) => [...row])),
    norms: Float32Array.from(rows, (row) => normOf(row, 0, row.length)),
    title: quantise(title),
    titleNorm: normOf(quantise(title), 0, title.length),
  }
}

describe('the similarity to sentences', () => {
  const random = createRandom(77)

  // 30 is no multiple of four: the loop is unrolled.
  it.each([384, 64, 30, 3])('is the cosine, within 0.01 in 8 bits, of %i components', (dimension) => {
    const vector = () => randomVector(random, dimension)
    for (let round = 0; round < 200; round += 1) {
      const [query, title, sentences] = [vector(), vector(), Array.from({ length: 6 }, vector)]
      const exact = sentences.map((sentence) => dot(query, sentence)).sort((one, other) => other - one)
      const found = bestSentences(query, setOf(title, sentences))
      expect(Math.abs((found.best ?? 0) - (exact[0] ?? 0))).toBeLessThan(0.01)
      expect(Math.abs((found.secondBest ?? 0) - (exact[1] ?? 0))).toBeLessThan(0.01)
      expect(Math.abs(found.title - dot(query, title))).toBeLessThan(0.01)
      expect(Math.abs(dot(query, sentences[found.bestIndex] ?? title) - (exact[0] ?? 0))).toBeLessThan(0.02)
    }
  })

  it('is 1 to the same vector and never more', () => {
    const vector = randomVector(random, 384)
    const { best, title } = bestSentences(vector, setOf(vector, [vector]))
    expect(best).toBeGreaterThan(0.999)
    expect(Math.max(best ?? 0, title)).toBeLessThanOrEqual(1)
  })

  it('is null where there is no sentence, and no second where there is one', () => {
    const vector = randomVector(random, 8)
    expect(bestSentences(vector, setOf(vector, []))).toMatchObject({ best: null, bestIndex: -1, secondBest: null })
    expect(bestSentences(vector, setOf(vector, [vector]))).toMatchObject({ bestIndex: 0, secondBest: null })
  })
})
