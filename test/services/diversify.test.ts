import { describe, expect, it } from 'vitest'
import { type Diversified, diversify } from '../../src/services/diversify.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'

const item = (key: number, score: number, vector: readonly number[] | null): Diversified => ({
  key,
  score,
  vector: vector && Float32Array.from(vector),
})
const keys = (items: readonly Diversified[]) => items.map(({ key }) => key)

/** The definition, word by word: at each place everything that is left is compared with everything that is placed. */
function oracle(ranked: readonly Diversified[], diversity: number): number[] {
  const cosine = (one: Diversified, other: Diversified) =>
    Array.from(one.vector ?? []).reduce((sum, value, at) => sum + value * (other.vector?.[at] ?? 0), 0)
  const placed: Diversified[] = []
  const left = [...ranked]
  while (left.length > 0) {
    const values = left.map(
      (each) =>
        (1 - diversity) * each.score -
        (placed.length === 0 ? 0 : diversity * Math.max(...placed.map((other) => cosine(each, other)))),
    )
    placed.push(...left.splice(values.indexOf(Math.max(...values)), 1))
  }
  return keys(placed)
}

describe('diversify', () => {
  // Worked out by hand: after 1 (east), 2 (the same) is worth .5 · .9 − .5 · 1 = −.05 and 3 (north) .5 · .6 − 0 = .3;
  // then 2 is worth −.05 and 4 (between, cosine .8 to 1) .5 · .7 − .5 · .8 = −.05: the better ranked goes first.
  const ranked = [item(1, 1, [1, 0]), item(2, 0.9, [1, 0]), item(4, 0.7, [0.8, 0.6]), item(3, 0.6, [0, 1])]

  it('agrees with a case worked out by hand', () => {
    expect(keys(diversify(ranked, { diversity: 0.5, limit: 4 }))).toEqual([1, 3, 2, 4])
  })

  it('keeps the order by score at 0', () => {
    expect(diversify(ranked, { diversity: 0, limit: 4 })).toEqual(ranked)
  })

  it('starts with the best and asks only for difference at 1', () => {
    expect(keys(diversify(ranked, { diversity: 1, limit: 4 }))).toEqual([1, 3, 4, 2])
  })

  it('leaves behind the limit what is not placed, in its order', () => {
    expect(keys(diversify(ranked, { diversity: 0.5, limit: 2 }))).toEqual([1, 3, 2, 4])
    expect(keys(diversify(ranked, { diversity: 1, limit: 1 }))).toEqual([1, 2, 4, 3])
  })

  it('takes a paper without a vector as unlike all others', () => {
    const mixed = [item(1, 1, [1, 0]), item(2, 0.9, [1, 0]), item(3, 0.5, null)]
    expect(keys(diversify(mixed, { diversity: 0.5, limit: 3 }))).toEqual([1, 3, 2])
    expect(diversify([], { diversity: 0.5, limit: 3 })).toEqual([])
  })

  it('agrees with its definition on random rankings, and begins every longer answer with the shorter one', () => {
    const random = createRandom(5)
    for (const diversity of [0.1, 0.3, 0.5, 0.8, 1]) {
      const vectors = clusteredVectors(random, { count: 40, dimension: 16, clusters: 4 })
      const scores = vectors.map(() => random()).sort((one, other) => other - one)
      const many = vectors.map((vector, key) => ({ key, score: scores[key] ?? 0, vector }))
      const expected = oracle(many, diversity)
      for (const limit of [1, 7, 40]) {
        expect(keys(diversify(many, { diversity, limit })).slice(0, limit)).toEqual(expected.slice(0, limit))
      }
    }
  })
})
