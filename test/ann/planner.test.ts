import { describe, expect, it, onTestFinished } from 'vitest'
import { GraphFollower } from '../../src/ann/graph-follower.ts'
import { HnswGraph } from '../../src/ann/hnsw.ts'
import { VectorMatrix } from '../../src/ann/matrix.ts'
import { planAhead, planAtOnce, planSearch, planSearchAside } from '../../src/ann/planner.ts'
import { ScanPool } from '../../src/ann/scan-pool.ts'
import { clusteredVectors, createRandom, randomVector } from '../support/random.ts'
import { selected } from '../support/selected.ts'

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

  it('orders papers of one vector by key, also where the answer ends between them', () => {
    const vector = randomVector(random, DIMENSION)
    const matrix = new VectorMatrix(DIMENSION)
    const graph = HnswGraph.create({ dimension: DIMENSION, m: 8, efConstruction: 60 }, 40)
    // Every second one, the highest key first.
    for (let label = 0; label < 40; label += 1) {
      const own = label % 2 ? vector : randomVector(random, DIMENSION)
      matrix.add({ label, key: 40 - label, vector: own })
      graph.add(label, own)
    }
    const searchable = { matrix, follower: new GraphFollower(graph, matrix), ef: 30 }
    for (const limit of [1, 7, 19, 20]) {
      const { neighbours, plan } = planSearch(searchable, { vector, limit })
      expect(plan).toBe('ann')
      expect(neighbours.map(({ key }) => key)).toEqual(Array.from({ length: limit }, (_, at) => 2 * at + 1))
    }
  })

  it('answers at once by the graph and what is little work, as it does otherwise', () => {
    const [searchable, large, small] = [openSearchable(), openPool(), new ScanPool()]
    for (const [plan, more] of [
      ['ann', { limit: 5 }],
      ['ann-filtered', { limit: 5, within: selected(keys.slice(0, 1_500)) }],
      ['exact', { limit: 5, within: selected(keys.slice(0, 40)) }],
      ['exact', { limit: 5, exact: true }],
    ] as const) {
      const query = { vector: randomVector(random, DIMENSION), exclude: [3, 4], ...more }
      const usual = planSearch(searchable, query)
      expect(usual.plan).toBe(plan)
      expect(planAtOnce(searchable, query, small)).toEqual(usual)
      expect(planAtOnce(searchable, query, large)).toEqual(plan === 'exact' ? null : usual)
    }
  })

  it('finds the same where another thread began with it, which it does where the graph is asked', () => {
    const [searchable, pool] = [openSearchable(), new ScanPool()]
    const within = selected(keys.slice(0, 1_500))
    for (const [isBegun, more] of [
      [true, { limit: 5 }],
      [true, { limit: 5, of: 7 }],
      [true, { limit: 100 }],
      [true, { limit: 5, within }],
      [true, { limit: 5, of: 7, within }],
      [false, { limit: 5, within: selected(keys.slice(0, 40)) }],
      [false, { limit: 5, exact: true }],
    ] as const) {
      const vector = 'of' in more ? (vectors[more.of - 1] as Float32Array) : randomVector(random, DIMENSION)
      const query = { vector, exclude: [7], ...more }
      const usual = planAtOnce(searchable, query, pool)
      expect(planAhead(searchable, query)).toBe(isBegun)
      expect(planAtOnce(searchable, query, pool)).toEqual(usual)
    }
    expect(planAhead({ ...searchable, follower: null }, { vector: randomVector(random, DIMENSION), limit: 5 })).toBe(
      false,
    )
  })

  it('finds most of what is nearest to a paper within a filter, and longer answers begin with shorter ones', () => {
    const searchable = openSearchable()
    const within = selected(keys.filter((key) => key % 2 === 0))
    let found = 0
    for (const [at, vector] of vectors.slice(0, 200).entries()) {
      const query = { vector, of: at + 1, limit: 3, within, exclude: [at + 1] }
      const { neighbours, plan } = planSearch(searchable, query)
      const exact = planSearch(searchable, { ...query, exact: true }).neighbours
      expect(plan).toBe('ann-filtered')
      expect(planSearch(searchable, { ...query, limit: 200 }).neighbours.slice(0, 3)).toEqual(neighbours)
      found += neighbours.filter(({ key }) => exact.some((other) => other.key === key)).length
    }
    expect(found / 600).toBeGreaterThan(0.95)
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
