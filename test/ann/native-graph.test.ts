import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { VectorMatrix } from '../../src/ann/matrix.ts'
import { FastGraph, type NativeGraphType } from '../../src/ann/native-graph.ts'
import { PlainGraph } from '../../src/ann/plain-graph.ts'
import { createRandom, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const DIMENSION = 24
const COUNT = 500

function filled(Graph: NativeGraphType, seed = 7) {
  const random = createRandom(seed)
  const vectors = Array.from({ length: COUNT }, () => randomVector(random, DIMENSION))
  const graph = new Graph(DIMENSION)
  graph.create(COUNT, 8, 60)
  for (const [at, vector] of vectors.entries()) graph.add(vector, at + 10)
  graph.setEf(50)
  return { graph, vectors, query: randomVector(random, DIMENSION) }
}

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * (b[at] ?? Number.NaN), 0)

function labelsOf(found: Float64Array, count: number): number[] {
  return Array.from({ length: count }, (_, at) => found[2 * at] ?? Number.NaN)
}

const BINDINGS: readonly (readonly [string, NativeGraphType | null])[] = [
  ['our binding', FastGraph],
  ['hnswlib-node', PlainGraph],
]

describe.each(BINDINGS)('a graph by %s (skipped where it is not compiled)', (_, Graph) => {
  const native = it.skipIf(Graph === null)
  const Type = Graph ?? PlainGraph

  native('finds the nearest with their distances, nearest first', () => {
    const { graph, vectors, query } = filled(Type)
    const found = new Float64Array(2 * 10)
    const count = graph.search(query, 10, found)
    const exact = vectors.map((vector, at) => ({ label: at + 10, distance: 1 - dot(query, vector) }))
    exact.sort((one, other) => one.distance - other.distance)
    expect(labelsOf(found, count)).toEqual(exact.slice(0, 10).map(({ label }) => label))
    for (const [at, { distance }] of exact.slice(0, 10).entries()) expect(found[2 * at + 1]).toBeCloseTo(distance, 5)
  })

  native('makes the same graph, bit by bit, of points that were prepared', async () => {
    const dir = tempDir()
    const random = createRandom(11)
    const [plain, prepared] = [new Type(DIMENSION), new Type(DIMENSION)]
    for (const graph of [plain, prepared]) graph.create(COUNT, 4, 30)
    for (let label = 0; label < COUNT; label += 1) {
      const vector = randomVector(random, DIMENSION)
      await prepared.prepare(vector, label)
      for (const graph of [plain, prepared]) graph.add(vector, label)
      // The entry point is among them at times.
      if (label % 5 === 4) for (const graph of [plain, prepared]) graph.markDelete(label - 2)
    }
    const [one, other] = [join(dir, 'one'), join(dir, 'other')]
    await plain.write(one)
    await prepared.write(other)
    expect(readFileSync(other).equals(readFileSync(one))).toBe(true)
  })

  native('changes nothing by preparing a point', async () => {
    const { graph, query, vectors } = filled(Type)
    graph.resize(COUNT + 1)
    const [before, after] = [new Float64Array(2 * 20), new Float64Array(2 * 20)]
    graph.search(query, 20, before)
    await graph.prepare(query, 9_999)
    graph.search(query, 20, after)
    expect([...after]).toEqual([...before])
    expect(graph.count()).toBe(COUNT)
    expect(new Set(graph.labels())).toEqual(new Set(vectors.map((_, at) => at + 10)))
  })

  native('adds what it is given, whatever was prepared or changed before', async () => {
    const { graph, vectors } = filled(Type)
    const random = createRandom(13)
    const [a, b, c, d] = Array.from({ length: 4 }, () => randomVector(random, DIMENSION)) as [
      Float32Array,
      ...Float32Array[],
    ]
    graph.resize(COUNT + 4)
    await graph.prepare(a, 1_000)
    graph.add(b as Float32Array, 1_001)
    graph.add(a, 1_000)
    await Promise.all([graph.prepare(c as Float32Array, 1_002), graph.prepare(d as Float32Array, 1_003)])
    graph.markDelete(12)
    graph.add(d as Float32Array, 1_003)
    // Another vector than the one that was prepared, and a label that is taken.
    await graph.prepare(a, 1_002)
    graph.add(c as Float32Array, 1_002)
    await graph.prepare(a, 1_003)
    const found = new Float64Array(2)
    const added = [a, b, c, d] as Float32Array[]
    for (const [at, vector] of added.entries()) {
      expect(graph.point(1_000 + at)).toEqual(vector)
      graph.search(vector, 1, found)
      expect(found[0]).toBe(1_000 + at)
    }
    expect(graph.count()).toBe(COUNT + 4)
    graph.search(vectors[3] as Float32Array, 1, found)
    expect(found[0]).toBe(13)
  })

  native('takes the first point, and refuses one too many, whether they were prepared or not', async () => {
    const graph = new Type(DIMENSION)
    graph.create(1, 8, 60)
    const vector = randomVector(createRandom(3), DIMENSION)
    await graph.prepare(vector, 5)
    graph.add(vector, 5)
    await graph.prepare(vector, 6)
    expect(() => graph.add(vector, 6)).toThrow()
    expect([...graph.labels()]).toEqual([5])
  })

  native('lists all that a search keeps', () => {
    const { graph, query } = filled(Type)
    graph.markDelete(13)
    for (const width of [1, 50, COUNT - 1]) {
      graph.setEf(width)
      const [found, labels] = [new Float64Array(2 * width), new Uint32Array(width)]
      const count = graph.search(query, width, found)
      expect(graph.around(query, width, labels)).toBe(count)
      const ascending = (numbers: Iterable<number>) => [...numbers].toSorted((one, other) => one - other)
      expect(ascending(labels.subarray(0, count))).toEqual(ascending(labelsOf(found, count)))
    }
  })

  native('compares what a search keeps as the exact scan does, nearest first (skipped where it cannot)', (context) => {
    const { graph, vectors, query } = filled(Type)
    const matrix = new VectorMatrix(DIMENSION)
    for (const [at, vector] of vectors.entries()) matrix.add({ label: at + 10, key: at + 10, vector })
    graph.markDelete(13)
    const found = new Float64Array(2 * 50)
    const labels = new Uint32Array(50)
    const kept = labels.subarray(0, graph.around(query, 50, labels))
    for (const begunAhead of [false, true]) {
      if (begunAhead) graph.comparedAhead(query, 50)
      const count = graph.compared(query, 50, found)
      if (count === undefined) return context.skip()
      const rows = Uint32Array.from(labelsOf(found, count), (label) => matrix.rowOfLabel(label) ?? Number.NaN)
      expect([...labelsOf(found, count)].toSorted()).toEqual([...kept].toSorted())
      const exact = matrix.scanner.similarities(query, rows)
      expect(Array.from(rows, (_, at) => found[2 * at + 1])).toEqual([...exact])
      expect([...exact]).toEqual([...exact.toSorted().toReversed()])
    }
  })

  native('lists the same from a point on as for its vector, and nothing for a label that is unknown', () => {
    const { graph, vectors } = filled(Type)
    graph.markDelete(13)
    graph.setEf(COUNT)
    const [one, other] = [new Uint32Array(COUNT), new Uint32Array(COUNT)]
    for (const at of [0, 7, 499]) {
      const count = graph.around(vectors[at] as Float32Array, COUNT - 1, one)
      expect(graph.aroundFrom(at + 10, COUNT - 1, other)).toBe(count)
      expect(other.subarray(0, count).toSorted()).toEqual(one.subarray(0, count).toSorted())
    }
    graph.setEf(20)
    expect(graph.aroundFrom(10, 20, other)).toBe(20)
    expect(other.subarray(0, 20)).toContain(10)
    expect(graph.aroundFrom(9_999, 20, other)).toBeUndefined()
  })

  native('knows its labels and vectors, and gives none for a label that is marked or unknown', () => {
    const { graph, vectors, query } = filled(Type)
    expect([...graph.labels()].toSorted((one, other) => one - other)).toEqual(vectors.map((__, at) => at + 10))
    expect(graph.point(13)).toEqual(vectors[3])
    graph.markDelete(13)
    expect([graph.point(13), graph.point(9_999)]).toEqual([undefined, undefined])
    const found = new Float64Array(2 * COUNT)
    graph.setEf(COUNT)
    expect(labelsOf(found, graph.search(query, COUNT - 1, found))).not.toContain(13)
  })

  native('finds the same from a point on as for its vector, and nothing for a label that is unknown', () => {
    const { graph, vectors } = filled(Type)
    const [one, other] = [new Float64Array(20), new Float64Array(20)]
    graph.setEf(COUNT)
    for (const at of [0, 7, 499]) {
      graph.search(vectors[at] as Float32Array, 10, one)
      expect(graph.searchFrom(at + 10, 10, other)).toBe(10)
      expect(labelsOf(other, 10)).toEqual(labelsOf(one, 10))
      expect(other[0]).toBe(at + 10)
    }
    expect(graph.searchFrom(9_999, 10, other)).toBeUndefined()
  })

  native('finds the same from a point on where the search was begun ahead', () => {
    const { graph } = filled(Type)
    const [one, other] = [new Float64Array(20), new Float64Array(20)]
    // More than are kept, of which some are asked for, in another order, twice, or otherwise than was said.
    for (let round = 0; round < 20; round += 1) {
      const begun = Array.from({ length: 50 }, (__, at) => 10 + ((31 * round + 7 * at) % COUNT))
      for (const label of begun) graph.searchAhead(label, 10)
      graph.searchAhead(9_999, 10)
      for (const label of [...begun.slice(round), begun[0] ?? 0, ...begun.slice(0, 3).toReversed()]) {
        const k = label % 5 === 0 ? 3 : 10
        expect(graph.searchFrom(label, k, one)).toBe(k)
        expect(graph.searchFrom(label, k, other)).toBe(k)
        expect(one.subarray(0, 2 * k)).toEqual(other.subarray(0, 2 * k))
      }
    }
  })

  native('keeps the same around a vector where the search was begun ahead', () => {
    const { graph, vectors } = filled(Type)
    const alone = vectors.map((vector) => {
      const labels = new Uint32Array(50)
      return labels.subarray(0, graph.around(vector, 50, labels))
    })
    for (const [at, vector] of vectors.entries()) {
      graph.aroundAhead(vector, 50)
      // What is begun otherwise does not get into its way.
      graph.aroundAhead(vector, 40)
      graph.searchAhead(at + 10, 50)
      const labels = new Uint32Array(50)
      expect(labels.subarray(0, graph.around(vector, 50, labels))).toEqual(alone[at])
      const count = graph.aroundFrom(at + 10, 50, labels)
      const usual = labels.slice(0, count)
      graph.aroundAhead(vector, 50, at + 10)
      expect(labels.subarray(0, graph.aroundFrom(at + 10, 50, labels))).toEqual(usual)
    }
  })

  native('finds what the graph has become since the search was begun ahead', async () => {
    const { graph, vectors, query } = filled(Type)
    const found = new Float64Array(4)
    graph.resize(2 * COUNT)
    for (const [at, vector] of vectors.entries()) {
      graph.searchAhead(at + 10, 2)
      // In the meantime the other search is done, or at it.
      for (let again = at % 3; again > 0; again -= 1) graph.search(query, 2, found)
      graph.add(vector, at + 1_000)
      expect(labelsOf(found, graph.searchFrom(at + 10, 2, found) ?? 0).toSorted()).toEqual(
        [at + 10, at + 1_000].toSorted(),
      )
      graph.searchAhead(at + 10, 1)
      graph.markDelete(at + 10)
      expect(labelsOf(found, graph.searchFrom(at + 10, 1, found) ?? 0)).not.toContain(at + 10)
    }
    const [file, small] = [join(tempDir(), 'small.hnsw'), new Type(DIMENSION)]
    small.create(2, 8, 60)
    small.add(query, 500)
    await small.write(file)
    graph.searchAhead(500, 2)
    await graph.read(file)
    expect(graph.searchFrom(500, 2, found)).toBe(1)
  })

  native('comes back from a file, and can grow then', async () => {
    const { graph, query } = filled(Type)
    const file = join(tempDir(), 'graph.hnsw')
    await graph.write(file)
    const again = new Type(DIMENSION)
    await again.read(file)
    again.setEf(50)
    const [one, other] = [new Float64Array(20), new Float64Array(20)]
    graph.search(query, 10, one)
    again.search(query, 10, other)
    expect(other).toEqual(one)
    again.resize(COUNT + 1)
    again.add(query, 1)
    expect([again.count(), again.capacity()]).toEqual([COUNT + 1, COUNT + 1])
    again.search(query, 1, other)
    expect(other[0]).toBe(1)
  })

  native('lives on with damaged vectors', () => {
    const { graph, query } = filled(Type)
    const damaged = [Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_VALUE].map((value) =>
      new Float32Array(DIMENSION).fill(value, 0, 3),
    )
    graph.resize(COUNT + damaged.length)
    for (const [at, vector] of damaged.entries()) graph.add(vector, 5_000 + at)
    const found = new Float64Array(2 * 40)
    for (const at of damaged.keys()) expect(graph.searchFrom(5_000 + at, 40, found)).toBeLessThanOrEqual(40)
    expect(graph.search(query, 40, found)).toBeLessThanOrEqual(40)
  })

  native('throws what hnswlib refuses, and lives on', async () => {
    const { graph, query } = filled(Type)
    expect(() => graph.add(query, 99_999)).toThrow()
    expect(() => graph.markDelete(99_999)).toThrow()
    await expect(new Type(DIMENSION).read(join(tempDir(), 'missing'))).rejects.toThrow()
    expect(graph.search(query, 1, new Float64Array(2))).toBe(1)
  })
})

describe('our binding (skipped where it is not compiled)', () => {
  const native = it.skipIf(FastGraph === null)
  const Type = FastGraph ?? PlainGraph

  native('reads what hnswlib-node wrote, and the other way round, with the same answers', async () => {
    const dir = tempDir()
    for (const [Writer, Reader] of [
      [Type, PlainGraph],
      [PlainGraph, Type],
    ] as const) {
      const { graph, query } = filled(Writer)
      const file = join(dir, Writer.name)
      await graph.write(file)
      const reader = new Reader(DIMENSION)
      await reader.read(file)
      reader.setEf(50)
      const [one, other] = [new Float64Array(20), new Float64Array(20)]
      expect(reader.search(query, 10, other)).toBe(graph.search(query, 10, one))
      expect(labelsOf(other, 10)).toEqual(labelsOf(one, 10))
    }
  })

  native('refuses arrays that are too short and graphs that were never made', () => {
    const { graph, query } = filled(Type)
    expect(() => graph.search(query, 10, new Float64Array(19))).toThrow()
    expect(() => graph.around(query, 10, new Uint32Array(9))).toThrow()
    expect(() => graph.search(new Float32Array(DIMENSION - 1), 1, new Float64Array(2))).toThrow()
    expect(() => graph.add(new Float32Array(1), 3)).toThrow()
    expect(() => new Type(DIMENSION).count()).toThrow()
  })
})
