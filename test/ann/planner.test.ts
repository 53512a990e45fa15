import { describe, expect, it, onTestFinished } from 'vitest'
import { GraphFollower } from '../../src/ann/graph-follower.ts'
import { HnswGraph } from '../../src/ann/hnsw.ts'
import { VectorMatrix } from '../../src/ann/matrix.ts'
import { planSearch, planSearchAside } from '../../src/ann/planner.ts'
import { ScanPool } from '../../src/ann/scan-pool.ts'
import type { Selection } from '../../src/domain/ports.ts'
import { clusteredVectors, createRandom, randomVector } from '../support/random.ts'

const [COUNT, DIMENSION, EF] = [2_000, 16, 8]
const random = createRandom(36)
const vectors = clusteredVectors(random, { count: COUNT, dimension: DIMENSION, clusters: 20 })
const keys = vectors.map((_, at) => at + 1)

function openSearchable(inGraph = COUNT) {
  const matrix = new VectorMatrix(DIMENSION)
  const graph = HnswGraph.create({ dimension: DIMENSION, m: 8, efConstruction: 60 }, COUNT)
  vectors.forEach((vector, at) => {
    matrix.add({ label: at, key: at + 1, vector })
    if (at < inGraph) graph.add(at, vector)
  })
  return { matrix, follower: new GraphFollower(graph, matrix), ef: EF }
}

function openPool(): ScanPool {
  const pool = new ScanPool({ threads: 2, large: 1 })
  onTestFinished(() => pool.close())
  return pool
}

function selected(chosen: readonly number[]): Selection {
  const set = new Set(chosen)
  return { filter: { and: [] }, size: set.size, has: (key) => set.has(key), keys: () => set }
}

describe('a search that leaves long scans to other threads', () => {
  it('answers as one that does not, by the graph at once', async () => {
    const [searchable, pool] = [openSearchable(), openPool()]
    const atOnce = new Map<string, boolean>()
    for (const [name, more] of Object.entries({
      graph: { limit: 5 },
      exact: { limit: 5, exact: true },
      'longer than the graph finds': { limit: COUNT },
      'much of it': { limit: 5, within: selected(keys.slice(0, 1_500)) },
      'little of it': { limit: 5, within: selected(keys.slice(0, 40)) },
      'nothing wanted': { limit: 0, exact: true },
    })) {
      const query = { vector: randomVector(random, DIMENSION), exclude: [3, 4], ...more }
      const answer = planSearchAside(searchable, query, pool)
      atOnce.set(name, !(answer instanceof Promise))
      expect(await answer).toEqual(planSearch(searchable, query))
    }
    expect(Object.fromEntries(atOnce)).toMatchObject({
      graph: true,
      exact: false,
      'longer than the graph finds': false,
    })
    expect(Object.fromEntries(atOnce)).toMatchObject({ 'little of it': false, 'nothing wanted': true })
  })

  it('gives the same similarities exactly, by the graph, and while the graph lacks what it finds', () => {
    const [whole, half] = [openSearchable(), openSearchable(COUNT / 2)]
    for (const vector of vectors.slice(990, 1_010)) {
      const query = { vector, limit: 5, ef: 200 }
      const exact = planSearch(whole, { ...query, exact: true })
      expect(planSearch(whole, query)).toEqual({ ...exact, plan: 'ann' })
      expect(planSearch(half, query)).toEqual({ ...exact, plan: 'ann' })
    }
  })
})
