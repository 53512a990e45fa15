import { describe, expect, it } from 'vitest'
import { byNearness, searchExact } from '../../src/ann/exact.ts'
import { VectorMatrix } from '../../src/ann/matrix.ts'
import { rowsWithin } from '../../src/ann/row-lists.ts'
import { clusteredVectors, createRandom, randomVector } from '../support/random.ts'
import { selected } from '../support/selected.ts'

const NONE = new Set<number>()

/** Keys run against the labels, so that an order by label would be noticed. */
function matrixOf(vectors: readonly Float32Array[]): VectorMatrix {
  const matrix = new VectorMatrix(vectors[0]?.length ?? 1, 1)
  vectors.forEach((vector, at) => {
    matrix.add({ label: at + 1, key: vectors.length - at, vector })
  })
  return matrix
}

/** In double precision. */
const product = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)

function naive(vectors: readonly Float32Array[], query: Float32Array, limit: number) {
  const all = vectors.map((vector, at) => ({ key: vectors.length - at, similarity: product(query, vector) }))
  return all.sort(byNearness).slice(0, limit)
}

const keysOf = (found: readonly { key: number }[]) => found.map(({ key }) => key)

describe('searchExact', () => {
  it.each([1, 3, 8, 13, 16, 31, 64])('is what sorting everything gives (%i dimensions)', (dimension) => {
    const random = createRandom(dimension)
    // Few different values: many ties, and sums without rounding.
    const coarse = () => Float32Array.from({ length: dimension }, () => Math.round(random() * 2) - 1)
    const vectors = Array.from({ length: 1_300 }, coarse)
    const matrix = matrixOf(vectors)
    for (const limit of [0, 1, 7, 300, 1_300, 2_000]) {
      const query = coarse()
      expect(searchExact(matrix, { vector: query, limit, excluded: NONE })).toEqual(naive(vectors, query, limit))
    }
  })

  it.each([5, 32, 100, 384, 1_024])(
    'gives cosines right to a millionth, and the order of them (%i dimensions)',
    (dimension) => {
      const random = createRandom(dimension)
      const vectors = clusteredVectors(random, { count: 2_000, dimension, clusters: 20 })
      const matrix = matrixOf(vectors)
      for (let round = 0; round < 10; round += 1) {
        const query =
          round % 2 === 0 ? randomVector(random, dimension) : (vectors[round] ?? new Float32Array(dimension))
        const found = searchExact(matrix, { vector: query, limit: 20, excluded: NONE })
        const expected = naive(vectors, query, 20)
        expected.forEach(({ similarity }, at) => {
          expect(Math.abs((found[at]?.similarity ?? Number.NaN) - similarity)).toBeLessThan(1e-6)
        })
        // Every row compared by its vector, none passed over by its codes.
        const rows = Uint32Array.from(matrix.rows())
        const similarities = matrix.scanner.similarities(query, rows)
        const whole = [...rows].map((row, at) => ({
          key: matrix.keyAt(row),
          similarity: similarities[at] ?? Number.NaN,
        }))
        expect(found).toEqual(whole.sort(byNearness).slice(0, 20))
      }
    },
  )

  it('finds the nearest among vectors that their 8-bit codes cannot tell apart', () => {
    const random = createRandom(8)
    const centre = randomVector(random, 64)
    const vectors = Array.from({ length: 1_500 }, () => {
      const moved = centre.map((value) => value + 1e-5 * (random() - 0.5))
      return moved.map((value) => value / Math.hypot(...moved))
    })
    const found = searchExact(matrixOf(vectors), { vector: centre, limit: 50, excluded: NONE })
    const rounding = 1e-6
    const last = naive(vectors, centre, 50).at(-1)?.similarity ?? Number.NaN
    for (const { key } of found) {
      expect(product(vectors[vectors.length - key] ?? centre, centre)).toBeGreaterThan(last - rounding)
    }
  })

  it('looks at the given rows only, and passes over excluded keys', () => {
    const matrix = matrixOf([Float32Array.of(1), Float32Array.of(1), Float32Array.of(1)])
    const query = { vector: Float32Array.of(1), limit: 9 }
    const rows = rowsWithin(matrix, selected([1, 3, 77]))
    expect(keysOf(searchExact(matrix, { ...query, excluded: NONE, rows }))).toEqual([1, 3])
    expect(keysOf(searchExact(matrix, { ...query, excluded: new Set([2]) }))).toEqual([1, 3])
    expect(keysOf(searchExact(matrix, { ...query, limit: 1, excluded: new Set([1, 2]) }))).toEqual([3])
    expect(searchExact(matrix, { ...query, excluded: NONE, rows: new Uint32Array() })).toEqual([])
  })

  it('finds vectors that have come since, in place of those that are gone', () => {
    const random = createRandom(9)
    const matrix = matrixOf([])
    const within = selected(Array.from({ length: 40 }, (_, at) => at * 2))
    const vectors = new Map<number, Float32Array>()
    for (let round = 0; round < 60; round += 1) {
      const vector = Float32Array.of(random())
      matrix.add({ label: round, key: round, vector })
      vectors.set(round, vector)
      if (round % 3 === 2) {
        matrix.remove(round - 1)
        vectors.delete(round - 1)
      }
      const query = { vector: Float32Array.of(1), limit: 99, excluded: NONE }
      const order = [...vectors].sort(([, [one = 0]], [, [other = 0]]) => other - one).map(([key]) => key)
      expect(keysOf(searchExact(matrix, query))).toEqual(order)
      const rows = rowsWithin(matrix, within)
      expect(keysOf(searchExact(matrix, { ...query, rows }))).toEqual(order.filter((key) => within.has(key)))
    }
  })
})

describe('rowsWithin', () => {
  it('finds the rows of few and of many keys, and those of another matrix for the same selection', () => {
    const vectors = Array.from({ length: 64 }, () => Float32Array.of(1))
    const [one, other] = [matrixOf(vectors), matrixOf(vectors.slice(0, 9))]
    for (const count of [0, 1, 7, 8, 9, 33, 64]) {
      const keys = Array.from({ length: count }, (_, at) => 64 - at)
      const within = selected(keys)
      const found = (matrix: VectorMatrix) => [...rowsWithin(matrix, within)].map((row) => matrix.keyAt(row))
      expect(new Set(found(one))).toEqual(new Set(keys))
      expect(new Set(found(other))).toEqual(new Set(keys.filter((key) => key <= 9)))
      expect(rowsWithin(one, within)).toEqual(rowsWithin(one, within).toSorted())
    }
  })
})

describe('VectorMatrix', () => {
  const random = createRandom(5)
  const add = (matrix: VectorMatrix, label: number) => {
    const vector = randomVector(random, matrix.dimension)
    matrix.add({ label, key: label, vector })
    return vector
  }
  const rowOf = (matrix: VectorMatrix, label: number) => matrix.rowOfLabel(label) ?? -1

  it('keeps every vector while it grows', () => {
    const matrix = new VectorMatrix(384, 1)
    const vectors = Array.from({ length: 1_000 }, (_, label) => add(matrix, label))
    vectors.forEach((vector, label) => {
      expect(matrix.vectorAt(rowOf(matrix, label))).toEqual(vector)
      const [nearest] = searchExact(matrix, { vector, limit: 1, excluded: NONE })
      expect(nearest?.key).toBe(label)
    })
    expect(matrix.size).toBe(1_000)
  })

  it('uses the rows of removed vectors again', () => {
    const matrix = new VectorMatrix(4)
    const rows = new Set<number>()
    for (let round = 0; round < 50; round += 1) {
      add(matrix, round)
      rows.add(rowOf(matrix, round))
      matrix.remove(round)
    }
    expect([matrix.size, rows.size]).toEqual([0, 1])
  })

  it('leaves rows alone until everyone who reads them on another thread has done so', () => {
    const matrix = new VectorMatrix(4)
    const before = add(matrix, 1).slice()
    const row = rowOf(matrix, 1)
    const vector = () => new Float32Array(matrix.buffer).subarray(row * 4, row * 4 + 4)
    const [thawFirst, thawSecond] = [matrix.freeze(), matrix.freeze()]
    matrix.remove(1)
    // It came when the row was free, so it does not hold it.
    const thawThird = matrix.freeze()
    thawSecond()
    thawSecond()
    add(matrix, 2)
    expect([vector(), matrix.keyAt(row), rowOf(matrix, 2) === row]).toEqual([before, 1, false])
    thawFirst()
    const last = add(matrix, 3)
    expect([vector(), matrix.keyAt(row), rowOf(matrix, 3)]).toEqual([last, 3, row])
    thawThird()
  })

  it('can take very many free rows back at once', () => {
    const matrix = new VectorMatrix(1)
    const count = 300_000
    for (let label = 0; label < count; label += 1) matrix.add({ label, key: label, vector: Float32Array.of(1) })
    const thaw = matrix.freeze()
    for (let label = 0; label < count; label += 1) matrix.remove(label)
    expect(thaw).not.toThrow()
  })

  it('refuses more than it can address', () => {
    expect(() => new VectorMatrix(384, 3_000_000)).toThrow(RangeError)
  })

  it('refuses a vector of another length instead of spilling into the next row', () => {
    const matrix = new VectorMatrix(4)
    const wrong = { label: 1, key: 1, vector: new Float32Array(5) }
    expect(() => matrix.add(wrong)).toThrow(expect.objectContaining({ code: 'INDEX_DAMAGED' }))
  })
})
