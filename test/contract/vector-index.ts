import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { textHash } from '../../src/domain/identity.ts'
import type { PaperStore, VectorSource } from '../../src/domain/ports.ts'
import type { VectorIndex } from '../../src/domain/vector-index.ts'
import { addVectors, change, stored, writeAll } from '../support/changes.ts'
import { DIMENSION, openStore } from '../support/library.ts'
import { clusteredVectors, createRandom, randomVector } from '../support/random.ts'
import { selected } from '../support/selected.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(3)
const vector = () => randomVector(random, DIMENSION)
const some = (count: number) => clusteredVectors(random, { count, dimension: DIMENSION, clusters: 5 })
const at = <T>(list: readonly T[], index: number): T => list[index] as T

type Open = (source: VectorSource, dir: string) => Promise<VectorIndex>

/** What every VectorIndex promises over a source; `open` gives one that is closed when the test ends. */
export function vectorIndexContract(name: string, open: Open): void {
  describe(`${name} as a VectorIndex`, () => {
    let dir: string
    let store: PaperStore
    beforeEach(() => {
      dir = tempDir()
      store = openStore(dir)
    })
    const reopen = () => open(store, dir)
    const keysOf = async (index: VectorIndex, query: Parameters<VectorIndex['search']>[0]) =>
      (await index.search(query)).neighbours.map(({ key }) => key)

    it('finds nothing in an empty source', async () => {
      const index = await reopen()
      expect((await index.search({ vector: vector(), limit: 10 })).neighbours).toEqual([])
      expect(await index.vectorOf(1)).toBeNull()
      expect(index.status().vectors).toBe(0)
    })

    it('finds each vector nearest to itself, with its cosine', async () => {
      const vectors = some(60)
      const keys = await addVectors(store, vectors)
      const index = await reopen()
      for (const [n, vector] of vectors.entries()) {
        const { neighbours } = await index.search({ vector, limit: 3 })
        expect(neighbours[0]?.key).toBe(keys[n])
        expect(neighbours[0]?.similarity).toBeCloseTo(1, 5)
        expect(neighbours.map(({ similarity }) => similarity)).toEqual(
          neighbours.map(({ similarity }) => similarity).sort((one, other) => other - one),
        )
      }
    })

    it('gives equal neighbours by key', async () => {
      const same = vector()
      const keys = await addVectors(store, [same, same, same])
      expect(await keysOf(await reopen(), { vector: same, limit: 3 })).toEqual(keys)
    })

    it('gives a vector back, bit by bit, and it stays the caller’s', async () => {
      const vectors = some(5)
      const keys = await addVectors(store, vectors)
      const index = await reopen()
      const got = await index.vectorOf(at(keys, 2))
      expect(got).toEqual(vectors[2])
      got?.fill(0)
      expect(await index.vectorOf(at(keys, 2))).toEqual(vectors[2])
      expect(await index.vectorOf(9_999)).toBeNull()
    })

    it('fills the limit whenever so many vectors exist, and never passes it', async () => {
      const keys = await addVectors(store, some(40))
      const index = await reopen()
      for (const limit of [1, 10, 39, 40, 41, 1_000]) {
        expect(new Set(await keysOf(index, { vector: vector(), limit })).size).toBe(Math.min(limit, keys.length))
      }
    })

    it('begins a longer answer with the shorter one', async () => {
      await addVectors(store, [...some(500), ...new Array<Float32Array>(40).fill(vector())])
      const index = await reopen()
      await index.rebuild()
      for (let round = 0; round < 20; round += 1) {
        const query = { vector: vector(), ef: 8, exclude: [round], leastEf: round % 2 === 0 ? 24 : undefined }
        const { neighbours } = await index.search({ ...query, limit: 540 })
        for (const limit of [1, 5, 8, 9, 30, 100, 300, 520]) {
          expect((await index.search({ ...query, limit })).neighbours).toEqual(neighbours.slice(0, limit))
        }
      }
    })

    it('leaves excluded keys out and still fills the limit', async () => {
      const vectors = some(40)
      const keys = await addVectors(store, vectors)
      const index = await reopen()
      const exclude = [...keys.slice(0, 25), 77_777]
      const found = await keysOf(index, { vector: at(vectors, 0), limit: 15, exclude })
      expect([...found].sort((one, other) => one - other)).toEqual(keys.slice(25))
      expect(await keysOf(index, { vector: at(vectors, 0), limit: 5, exclude: keys })).toEqual([])
    })

    it('gives the neighbours of a stored paper at once, if it does, as it searches them', async () => {
      const vectors = some(300)
      const keys = await addVectors(store, vectors)
      const index = await reopen()
      await index.rebuild()
      const [gone] = await addVectors(store, [at(vectors, 0)], 'gone')
      await index.sync()
      await store.remove('gone0')
      for (const [n, key] of keys.slice(0, 40).entries()) {
        const asked = { vector: at(vectors, n), of: key, kind: 'paper' as const, limit: 10, exclude: [key] }
        const found = await index.search(asked)
        expect(found.neighbours.map((each) => each.key)).not.toContain(gone)
        expect([null, found]).toContainEqual(index.neighboursAtOnce(key, 10))
        const within = selected(keys.filter((each) => each % 3 === 0))
        const some = await index.search({ ...asked, within })
        expect([null, some]).toContainEqual(index.neighboursAtOnce(key, 10, within))
      }
      expect(index.neighboursAtOnce(77_777, 10)).toBeNull()
    })

    it('finds new vectors at once', async () => {
      await addVectors(store, some(30))
      const index = await reopen()
      const added = some(5)
      const keys = await addVectors(store, added, 'new')
      for (const [n, vector] of added.entries()) expect(await keysOf(index, { vector, limit: 1 })).toEqual([keys[n]])
    })

    it('never finds a deleted vector, not even at once', async () => {
      const vectors = some(30)
      const keys = await addVectors(store, vectors)
      const index = await reopen()
      for (let n = 0; n < 18; n += 1) {
        await store.remove(`p${n}`)
        const found = await keysOf(index, { vector: at(vectors, n), limit: 12 })
        expect(found).toHaveLength(12)
        expect(found).not.toContain(keys[n])
      }
      await index.sync()
      expect(index.status().vectors).toBe(12)
      expect(new Set(await keysOf(index, { vector: at(vectors, 0), limit: 30 }))).toEqual(new Set(keys.slice(18)))
    })

    it('finds a changed paper by its new vector only', async () => {
      const vectors = some(20)
      const keys = await addVectors(store, vectors)
      const index = await reopen()
      const { paper } = await stored(store, 'p0')
      const moved = Float32Array.from(at(vectors, 0), (value) => -value)
      await writeAll(store, [change(paper, moved, { key: at(keys, 0), textHash: textHash('new') })])
      expect(await keysOf(index, { vector: moved, limit: 1 })).toEqual([keys[0]])
      const all = (await index.search({ vector: at(vectors, 0), limit: 100 })).neighbours
      expect(all).toHaveLength(20)
      expect(all.at(-1)?.key).toBe(keys[0])
      expect(await index.vectorOf(at(keys, 0))).toEqual(moved)
    })

    it('follows what another handle of the store writes', async () => {
      await addVectors(store, some(10))
      const index = await reopen()
      const other = openStore(dir)
      const [added] = some(1)
      const [key] = await addVectors(other, [at([added], 0) as Float32Array], 'new')
      expect(await keysOf(index, { vector: added as Float32Array, limit: 1 })).toEqual([key])
      await other.remove('new0')
      // What another handle wrote shows in the next turn of the event loop.
      await nextTurn()
      expect(await keysOf(index, { vector: added as Float32Array, limit: 20 })).not.toContain(key)
      expect((await index.search({ vector: added as Float32Array, limit: 1 })).generation).toBe(store.generation())
    })

    it('answers the same before and after it is closed and opened', async () => {
      const vectors = some(200)
      await addVectors(store, vectors)
      const queries = some(20)
      const ask = async (index: VectorIndex) =>
        Promise.all(queries.map(async (vector) => (await index.search({ vector, limit: 10 })).neighbours))
      const first = await reopen()
      await first.sync()
      const before = await ask(first)
      await first.close()
      expect(await ask(await reopen())).toEqual(before)
    })

    it('verifies itself', async () => {
      await addVectors(store, some(50))
      const index = await reopen()
      await index.rebuild()
      expect(await index.verify()).toMatchObject({ ok: true, problems: [], vectors: 50, recallAt10: 1, sample: 50 })
    })
  })
}
