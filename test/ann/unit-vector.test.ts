import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HnswGraph } from '../../src/ann/hnsw.ts'
import { saveSnapshot } from '../../src/ann/snapshot.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { addVectors } from '../support/changes.ts'
import { DIMENSION, GRAPH, openIndex, openStore, SPACE } from '../support/library.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(83)
const some = (count: number) => clusteredVectors(random, { count, dimension: DIMENSION, clusters: 5 })
const filledWith = (value: number, length = DIMENSION) => new Float32Array(length).fill(value)

const BAD: [string, Float32Array][] = [
  ['NaN', filledWith(Number.NaN)],
  ['one NaN', Float32Array.from({ length: DIMENSION }, (_, at) => (at === 7 ? Number.NaN : 0.125))],
  ['Infinity', filledWith(Number.POSITIVE_INFINITY)],
  ['too few numbers', filledWith(0.1, DIMENSION - 1)],
  ['too many numbers', filledWith(0.1, DIMENSION + 1)],
  ['no numbers', filledWith(0.1, 0)],
]

async function opened(count: number) {
  const dir = tempDir()
  const store = openStore(dir)
  const vectors = some(count)
  const keys = await addVectors(store, vectors)
  const index = await openIndex(store, dir)
  await index.rebuild()
  return { dir, store, vectors, keys, index }
}

describe('a question to the index', () => {
  it.each(BAD)('is refused when its vector is %s', async (_, vector) => {
    const { index } = await opened(50)
    await expect(index.search({ vector, limit: 5 })).rejects.toThrow(RangeError)
    await expect(index.similarities(vector, [1])).rejects.toThrow(RangeError)
  })

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('is refused with a limit or an ef of %s', async (value) => {
    const { index, vectors } = await opened(50)
    const vector = vectors[0] as Float32Array
    await expect(index.search({ vector, limit: value })).rejects.toThrow(RangeError)
    await expect(index.search({ vector, limit: 5, ef: value })).rejects.toThrow(RangeError)
  })

  it('may have a direction of any length or none, no limit to speak of and any ef', async () => {
    const { index, vectors, keys } = await opened(50)
    const vector = vectors[3] as Float32Array
    const long = await index.search({ vector: vector.map((value) => value * 1e18), limit: 1 })
    expect(long.neighbours[0]?.key).toBe(keys[3])
    expect((await index.search({ vector: filledWith(0), limit: 5 })).neighbours).toHaveLength(5)
    expect((await index.search({ vector, limit: 0 })).neighbours).toEqual([])
    expect((await index.search({ vector, limit: 1e9, ef: 1e9 })).neighbours).toHaveLength(50)
  })
})

describe('a graph', () => {
  it('refuses bad vectors and labels, and its file stays bit by bit as it was', async () => {
    const dir = tempDir()
    const graph = HnswGraph.create(GRAPH, 20)
    for (const [label, vector] of some(20).entries()) graph.add(label, vector)
    const origin = { settings: GRAPH, fingerprint: SPACE.fingerprint, databaseId: 'abc', generation: 1 }
    const before = await saveSnapshot(dir, origin, graph)
    for (const [, vector] of BAD) expect(() => graph.add(99, vector)).toThrow(RangeError)
    const [good] = some(1)
    for (const label of [2 ** 32 + 1, 2 ** 32, -1, 1.5, Number.NaN]) {
      expect(() => graph.add(label, good as Float32Array)).toThrow(RangeError)
    }
    const after = await saveSnapshot(dir, { ...origin, generation: 2 }, graph)
    expect(readFileSync(join(dir, after.file))).toEqual(readFileSync(join(dir, before.file)))
  })
})

describe('a stored vector that is damaged', () => {
  it.each([...BAD, ['zero', filledWith(0)], ['1e38', filledWith(1e38)]] as [string, Float32Array][])(
    'is left out, and said to be: %s',
    async (_, vector) => {
      const { dir, store, vectors, keys, index } = await opened(50)
      await index.close()
      const db = new Sqlite(join(dir, 'papers.db'))
      db.prepare('UPDATE vectors SET vector = ? WHERE label = 7').run(Buffer.from(vector.buffer))
      db.close()
      const again = await openIndex(store, dir)
      expect(again.failures).toMatchObject([{ code: 'INDEX_DAMAGED' }])
      expect(again.status().degraded).toContain('vectors-damaged')
      const { neighbours } = await again.search({ vector: vectors[6] as Float32Array, limit: 50 })
      expect(neighbours.map(({ key }) => key).sort((one, other) => one - other)).toEqual(
        keys.filter((key) => key !== keys[6]),
      )
      expect(await again.verify()).toMatchObject({ ok: false, problems: ['1 stored vectors are damaged'], vectors: 49 })
    },
  )
})
