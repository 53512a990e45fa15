import { describe, expect, it } from 'vitest'
import { interestsOf } from '../../../src/services/recommend/interests.ts'
import { interleave } from '../../../src/services/recommend/interleave.ts'
import { silhouette, sphericalKMeans } from '../../../src/services/recommend/k-means.ts'
import { createRandom } from '../../support/random.ts'

const DIMENSION = 24
const random = createRandom(11)

/** Unit vectors near an axis: alike among themselves, unlike those of another axis. */
function near(axis: number, noise = 0.15): Float32Array {
  const raw = Array.from({ length: DIMENSION }, (_, at) => (at === axis ? 1 : 0) + noise * (random() - 0.5))
  const norm = Math.hypot(...raw)
  return Float32Array.from(raw, (value) => value / norm)
}

const gramOf = (vectors: readonly Float32Array[]) =>
  vectors.map((one) =>
    Float64Array.from(vectors, (other) => one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)),
  )

const groupsOf = (vectors: readonly Float32Array[]) => interestsOf(gramOf(vectors))

describe('interestsOf', () => {
  it('takes one seed, or two that are alike, as one interest', () => {
    expect(groupsOf([near(0)])).toEqual([[0]])
    expect(groupsOf([near(0), near(0)])).toEqual([[0, 1]])
  })

  it('takes seeds that are far apart as one interest each', () => {
    expect(groupsOf([near(0), near(1)])).toEqual([[0], [1]])
    expect(groupsOf([near(0), near(1), near(2)])).toEqual([[0], [1], [2]])
  })

  it('finds the groups that seeds were drawn from, in any order', () => {
    for (const axes of [
      [0, 0, 0, 1, 1, 1],
      [0, 1, 0, 1, 2, 2, 0],
      [3, 3, 3, 3, 5],
      [0, 1, 2, 3, 0, 1, 2, 3],
    ]) {
      const expected = [...new Set(axes)].map((axis) => axes.flatMap((each, at) => (each === axis ? [at] : [])))
      expect(groupsOf(axes.map((axis) => near(axis)))).toEqual(expected)
    }
  })

  it('leaves seeds of one kind together', () => {
    expect(groupsOf([near(4), near(4), near(4), near(4), near(4)])).toHaveLength(1)
  })

  it('gives the same groups every time, for as many seeds as a request takes', () => {
    const vectors = Array.from({ length: 100 }, (_, at) => near(at % 5))
    const groups = groupsOf(vectors)
    expect(groups).toHaveLength(5)
    expect(groupsOf(vectors)).toEqual(groups)
  })

  it('copes with seeds that are all the same', () => {
    const same = near(0)
    expect(groupsOf([same, same, same, same])).toEqual([[0, 1, 2, 3]])
  })
})

describe('silhouette', () => {
  it('agrees with a case worked out by hand', () => {
    // Distances: .2 within the pair, .8 and 1 to the third. Silhouettes .75, .8 and 0 for the one that is alone.
    const gram = [
      [1, 0.8, 0.2],
      [0.8, 1, 0],
      [0.2, 0, 1],
    ].map((row) => Float64Array.from(row))
    expect(silhouette(gram, [0, 0, 1])).toBeCloseTo((0.75 + 0.8) / 3, 12)
  })
})

describe('sphericalKMeans', () => {
  it('gives every item to the centroid that it is nearest to', () => {
    const vectors = Array.from({ length: 30 }, (_, at) => near(at % 3, 1.2))
    const groups = sphericalKMeans(gramOf(vectors), 3) ?? []
    const centroids = [0, 1, 2].map((group) => {
      const sum = new Float64Array(DIMENSION)
      vectors.forEach((vector, at) => {
        if (groups[at] !== group) return
        for (const [column, value] of vector.entries()) sum[column] = (sum[column] ?? 0) + value
      })
      const norm = Math.hypot(...sum)
      return sum.map((value) => value / norm)
    })
    vectors.forEach((vector, at) => {
      const cosines = centroids.map((centroid) => vector.reduce((sum, value, c) => sum + value * (centroid[c] ?? 0), 0))
      expect(cosines[groups[at] ?? -1]).toBeCloseTo(Math.max(...cosines), 6)
    })
  })

  it('gives nothing where there are fewer different items than groups', () => {
    const same = near(0)
    expect(sphericalKMeans(gramOf([same, same, same]), 2)).toBeNull()
  })
})

describe('interleave', () => {
  const list = (weight: number, keys: readonly number[]) => ({
    weight,
    ranked: keys.map((key) => ({ key, score: 1 / key })),
  })
  const keysOf = (interests: Parameters<typeof interleave>[0], limit: number) =>
    interleave(interests, limit).map(({ key }) => key)

  it('lets interests of equal weight take turns', () => {
    expect(keysOf([list(3, [1, 2, 3]), list(3, [4, 5, 6])], 10)).toEqual([1, 4, 2, 5, 3, 6])
  })

  it('gives places in proportion to the weight, the small ones too', () => {
    const few = Array.from({ length: 40 }, (_, at) => at + 1)
    const keys = keysOf(
      [
        list(8, few),
        list(
          2,
          few.map((key) => key + 100),
        ),
      ],
      10,
    )
    expect(keys.filter((key) => key > 100)).toEqual([101, 102])
    expect(keys.indexOf(101)).toBeLessThan(5)
  })

  it('shows no paper twice, and goes on where one interest has ended', () => {
    expect(keysOf([list(1, [1, 2, 3, 4]), list(1, [1, 5])], 10)).toEqual([1, 5, 2, 3, 4])
    expect(keysOf([], 10)).toEqual([])
  })

  it('begins a longer answer with the shorter one', () => {
    const interests = [list(3, [1, 2, 3, 9, 4]), list(2, [5, 1, 6]), list(1, [7, 2, 8])]
    const whole = keysOf(interests, 100)
    expect(new Set(whole).size).toBe(9)
    for (let limit = 0; limit < 9; limit += 1) expect(keysOf(interests, limit)).toEqual(whole.slice(0, limit))
  })
})
