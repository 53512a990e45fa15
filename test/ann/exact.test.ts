import { describe, expect, it } from 'vitest'
import { byNearness, dot, searchExact } from '../../src/ann/exact.ts'
import { VectorMatrix } from '../../src/ann/matrix.ts'
import { createRandom, randomVector } from '../support/random.ts'

const NONE = new Set<number>()

/** Keys run against the labels, so that an order by label would be noticed. */
function matrixOf(vectors: readonly Float32Array[]): VectorMatrix {
  const matrix = new VectorMatrix(vectors[0]?.length ?? 1, 1)
  vectors.forEach((vector, at) => {
    matrix.add({ label: at + 1, key: vectors.length - at, vector })
  })
  return matrix
}

describe('searchExact', () => {
  it.each([1, 3, 8, 13])('is what sorting everything gives (%i dimensions)', (dimension) => {
    const random = createRandom(dimension)
    // Few different values: many ties.
    const coarse = () => Float32Array.from({ length: dimension }, () => Math.round(random() * 2) - 1)
    const vectors = Array.from({ length: 300 }, coarse)
    const matrix = matrixOf(vectors)
    for (const limit of [1, 7, 300, 500]) {
      const query = coarse()
      const naive = vectors
        .map((vector, at) => ({ key: 300 - at, similarity: dot(query, vector, 0) }))
        .sort(byNearness)
        .slice(0, limit)
      expect(searchExact(matrix, { vector: query, limit, excluded: NONE })).toEqual(naive)
    }
  })

  it('computes the dot product', () => {
    expect(dot(Float32Array.of(1, 2, 3, 4, 5), Float32Array.of(9, 1, 1, 1, 1, 2), 1)).toBe(20)
  })

  it('looks at the given rows only, and passes over excluded keys', () => {
    const matrix = matrixOf([Float32Array.of(1), Float32Array.of(1), Float32Array.of(1)])
    const query = { vector: Float32Array.of(1), limit: 9 }
    const keys = (found: { key: number }[]) => found.map(({ key }) => key)
    expect(keys(searchExact(matrix, { ...query, excluded: NONE, rows: [0, 2] }))).toEqual([1, 3])
    expect(keys(searchExact(matrix, { ...query, excluded: new Set([2]) }))).toEqual([1, 3])
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
    const matrix = new VectorMatrix(4, 1)
    const vectors = Array.from({ length: 100 }, (_, label) => add(matrix, label))
    vectors.forEach((vector, label) => {
      expect(matrix.vectorAt(rowOf(matrix, label))).toEqual(vector)
    })
    expect(matrix.size).toBe(100)
  })

  it('uses the rows of removed vectors again', () => {
    const matrix = new VectorMatrix(4)
    for (let round = 0; round < 50; round += 1) {
      add(matrix, round)
      matrix.remove(round)
    }
    expect([matrix.size, matrix.rows]).toEqual([0, 1])
  })

  it('leaves rows alone while another thread reads them', () => {
    const matrix = new VectorMatrix(4)
    const before = add(matrix, 1).slice()
    matrix.freeze()
    matrix.remove(1)
    add(matrix, 2)
    expect(new Float32Array(matrix.buffer).subarray(0, 4)).toEqual(before)
    matrix.thaw()
    add(matrix, 3)
    expect(matrix.rows).toBe(2)
  })

  it('can take very many free rows back at once', () => {
    const matrix = new VectorMatrix(1)
    const count = 300_000
    for (let label = 0; label < count; label += 1) matrix.add({ label, key: label, vector: Float32Array.of(1) })
    matrix.freeze()
    for (let label = 0; label < count; label += 1) matrix.remove(label)
    expect(() => matrix.thaw()).not.toThrow()
  })

  it('refuses a vector of another length instead of spilling into the next row', () => {
    const matrix = new VectorMatrix(4)
    const wrong = { label: 1, key: 1, vector: new Float32Array(5) }
    expect(() => matrix.add(wrong)).toThrow(expect.objectContaining({ code: 'INDEX_DAMAGED' }))
  })
})
