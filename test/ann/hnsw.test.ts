import { describe, expect, it } from 'vitest'
import { HnswGraph, roomFor } from '../../src/ann/hnsw.ts'
import { createRandom, randomVector } from '../support/random.ts'

const SETTINGS = { dimension: 16, m: 8, efConstruction: 50 }
const random = createRandom(29)
const vector = () => randomVector(random, SETTINGS.dimension)

function graphOf(count: number): HnswGraph {
  const graph = HnswGraph.create(SETTINGS, 0)
  for (let label = 1; label <= count; label += 1) graph.add(label, vector())
  return graph
}

describe('HnswGraph', () => {
  it.each([
    ['NaN', Float32Array.from(vector(), (value, at) => (at === 3 ? Number.NaN : value)), 10],
    ['infinity', new Float32Array(16).fill(Number.POSITIVE_INFINITY), 10],
    ['another dimension', new Float32Array(15), 10],
    ['a negative label', vector(), -1],
    ['a broken label', vector(), 1.5],
    ['a label beyond 32 bits', vector(), 2 ** 32],
  ])('refuses %s before the native side sees it', (_, values, label) => {
    const graph = graphOf(3)
    expect(() => graph.add(label, values)).toThrow(RangeError)
    expect(graph.count).toBe(3)
  })

  it('grows beyond the room it was made with', () => {
    const count = roomFor(0) + 10
    const graph = graphOf(count)
    expect(graph.count).toBe(count)
    expect(graph.search(vector(), 5, { ef: 20 })).toHaveLength(5)
  })

  it('gives what there is when more is asked for', () => {
    expect(graphOf(5).search(vector(), 100, { ef: 10 })).toHaveLength(5)
    expect(graphOf(0).search(vector(), 100, { ef: 10 })).toEqual([])
  })

  it('never gives a label that is marked, and survives marking twice or all', () => {
    const graph = graphOf(6)
    for (const label of [2, 2, 99, 4]) graph.markDeleted(label)
    expect(
      graph
        .search(vector(), 10, { ef: 50 })
        .map(({ label }) => label)
        .sort(),
    ).toEqual([1, 3, 5, 6])
    expect([graph.isDeleted(2), graph.isDeleted(3), graph.deleted]).toEqual([true, false, 2])
    for (const label of [1, 3, 5, 6]) graph.markDeleted(label)
    expect(graph.search(vector(), 10, { ef: 50 })).toEqual([])
  })
})
