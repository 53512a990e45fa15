import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished } from 'vitest'
import { searchExact } from '../../src/ann/exact.ts'
import { VectorMatrix } from '../../src/ann/matrix.ts'
import { ScanPool, type ScanPoolOptions } from '../../src/ann/scan-pool.ts'
import { clusteredVectors, createRandom, randomVector } from '../support/random.ts'

const DIMENSION = 48
const COUNT = 30_000
const NONE = new Set<number>()
const random = createRandom(35)
const cloud = clusteredVectors(random, { count: COUNT, dimension: DIMENSION, clusters: 40 })
// Twins at the edge of an answer: which of them it holds must not depend on who found them.
const vectors = cloud.map((vector, at) => cloud[at - (at % 3)] ?? vector)
const vector = () => randomVector(random, DIMENSION)

function openMatrix(): VectorMatrix {
  const matrix = new VectorMatrix(DIMENSION, 1)
  vectors.forEach((each, at) => {
    matrix.add({ label: at, key: COUNT - at, vector: each })
  })
  return matrix
}

function openPool(options: ScanPoolOptions = {}): ScanPool {
  const pool = new ScanPool({ threads: 3, large: 1, ...options })
  onTestFinished(() => pool.close())
  return pool
}

/** The threads that the test starts from now on. */
function watchThreads(): Worker[] {
  const started: Worker[] = []
  const onWorker = (worker: Worker) => void started.push(worker)
  process.on('worker', onWorker)
  onTestFinished(() => void process.off('worker', onWorker))
  return started
}

describe('an exact search on other threads', () => {
  it('gives the same bits as one on this thread', async () => {
    const [matrix, pool] = [openMatrix(), openPool()]
    const rows = Uint32Array.from(matrix.rows()).filter((row) => row % 7 !== 0)
    for (const limit of [0, 1, 10, 100, 29_990]) {
      const query = { vector: vector(), limit, excluded: new Set([1, 2, 77]) }
      expect(await pool.search(matrix, query)).toEqual(searchExact(matrix, query))
      expect(await pool.search(matrix, { ...query, rows })).toEqual(searchExact(matrix, { ...query, rows }))
    }
  })

  it('stays on this thread where it is little work', () => {
    const matrix = openMatrix()
    const pool = openPool({ large: COUNT * DIMENSION + 1 })
    const query = { vector: vector(), limit: 10, excluded: NONE }
    expect(pool.search(matrix, query)).toEqual(searchExact(matrix, query))
    expect(pool.searchAtOnce(matrix, query)).toEqual(searchExact(matrix, query))
  })

  it('does not come at once where it is much work, and starts no thread then', () => {
    const [matrix, started] = [openMatrix(), watchThreads()]
    const pool = openPool({ large: (COUNT / 2) * DIMENSION })
    const query = { vector: vector(), limit: 10, excluded: NONE }
    const rows = Uint32Array.from(matrix.rows())
    expect(pool.searchAtOnce(matrix, query)).toBeNull()
    expect(pool.searchAtOnce(matrix, { ...query, rows: rows.subarray(0, COUNT / 2) })).toBeNull()
    const few = { ...query, rows: rows.subarray(0, COUNT / 2 - 1) }
    expect(pool.searchAtOnce(matrix, few)).toEqual(searchExact(matrix, few))
    expect(started).toEqual([])
  })

  it('answers many at once, over more than one matrix', async () => {
    const [one, other, pool] = [openMatrix(), openMatrix(), openPool()]
    for (let label = 0; label < COUNT; label += 2) other.remove(label)
    const queries = Array.from({ length: 40 }, () => ({ vector: vector(), limit: 10, excluded: NONE }))
    const matrixOf = (at: number) => (at % 3 === 0 ? other : one)
    const found = await Promise.all(queries.map((query, at) => pool.search(matrixOf(at), query)))
    expect(found).toEqual(queries.map((query, at) => searchExact(matrixOf(at), query)))
  })

  it('shows the vectors as they were when it began, while papers go, come and the memory grows', async () => {
    const [matrix, pool] = [openMatrix(), openPool()]
    let label = COUNT
    for (let round = 0; round < 20; round += 1) {
      const query = { vector: vector(), limit: 50, excluded: NONE }
      const before = searchExact(matrix, query)
      const searching = pool.search(matrix, query)
      // What is nearest goes, and what would be nearer comes in the rows that are free.
      for (const { key } of before) matrix.remove(COUNT - key)
      for (let more = 0; more < 2_000; more += 1) {
        matrix.add({ label, key: label, vector: query.vector })
        label += 1
      }
      expect(searching).toBeInstanceOf(Promise)
      expect(await searching).toEqual(before)
      for (let gone = label - 2_000; gone < label; gone += 1) matrix.remove(gone)
    }
  })

  it('answers although threads die, and starts others', async () => {
    const [matrix, pool, started] = [openMatrix(), openPool(), watchThreads()]
    const query = { vector: vector(), limit: 10, excluded: NONE }
    const expected = searchExact(matrix, query)
    expect(await pool.search(matrix, query)).toEqual(expected)
    expect(started).toHaveLength(3)
    const searching = Promise.all([pool.search(matrix, query), pool.search(matrix, query)])
    await started[1]?.terminate()
    expect(await searching).toEqual([expected, expected])
    expect(await pool.search(matrix, query)).toEqual(expected)
    expect(started).toHaveLength(4)
    // Rows that are freed are used again, so nobody holds them any more.
    matrix.remove(0)
    matrix.add({ label: COUNT, key: 1_000_000, vector: query.vector })
    expect((await pool.search(matrix, query))[0]?.key).toBe(1_000_000)
    expect([...matrix.rows()].toSorted((one, other) => one - other)).toEqual([...openMatrix().rows()])
  })

  it('ends its threads when it is closed, and answers what it was asked before', async () => {
    const [matrix, pool, started] = [openMatrix(), openPool(), watchThreads()]
    const query = { vector: vector(), limit: 10, excluded: NONE }
    const expected = searchExact(matrix, query)
    expect(await pool.search(matrix, query)).toEqual(expected)
    const searching = Promise.all([pool.search(matrix, query), pool.search(matrix, query)])
    const ended = Promise.all(started.map((worker) => once(worker, 'exit')))
    await pool.close()
    expect(await searching).toEqual([expected, expected])
    expect(await ended).toEqual([[0], [0], [0]])
    expect(await pool.search(matrix, query)).toEqual(expected)
    expect(started).toHaveLength(3)
  })
})
