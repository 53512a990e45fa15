import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it, onTestFinished, vi } from 'vitest'
import type { VectorIndex } from '../../src/domain/vector-index.ts'
import { openPaperStore } from '../../src/store/papers.ts'
import { addVectors } from '../support/changes.ts'
import { DIMENSION, openIndex, openStore, SPACE } from '../support/library.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(23)
const some = (count: number) => clusteredVectors(random, { count, dimension: DIMENSION, clusters: 20 })
const PATIENCE = { timeout: 20_000 }

/** A process that only reads, beside the one that writes: a connection and a graph of its own. */
async function openFollower(dir: string): Promise<VectorIndex> {
  const store = openPaperStore({ dir, readOnly: true, follows: true }, SPACE)
  onTestFinished(() => store.close())
  return openIndex(store, dir, { readOnly: true, follows: true })
}

const nearest = async (index: VectorIndex, vector: Float32Array | undefined) =>
  (await index.search({ vector: vector ?? new Float32Array(DIMENSION), limit: 1 })).neighbours[0]?.key

it('a follower takes in what another process writes without being asked, and writes no file itself', async () => {
  const dir = tempDir()
  const store = openStore(dir)
  await addVectors(store, some(500))
  const writer = await openIndex(store, dir, { waitMs: 3_600_000 })
  await writer.rebuild()
  const follower = await openFollower(dir)
  const files = readdirSync(dir)
  const manifest = readFileSync(join(dir, 'manifest.json'), 'utf8')
  const more = some(50)
  const keys = await addVectors(store, more, 'q')
  await vi.waitFor(
    () => expect(follower.status()).toMatchObject({ generation: 2, vectors: 550, inGraph: 550 }),
    PATIENCE,
  )
  expect(await nearest(follower, more[7])).toBe(keys[7])
  await store.remove('q7')
  // What another handle wrote shows in the next turn of the event loop.
  await nextTurn()
  expect(await nearest(follower, more[7])).not.toBe(keys[7])
  expect(await follower.verify()).toMatchObject({ ok: true, vectors: 549 })
  await follower.close()
  expect(readdirSync(dir)).toEqual(files)
  expect(readFileSync(join(dir, 'manifest.json'), 'utf8')).toBe(manifest)
})

it('a follower without a graph answers exactly until another process has built one', async () => {
  const dir = tempDir()
  const store = openStore(dir)
  const vectors = some(400)
  const keys = await addVectors(store, vectors)
  const follower = await openFollower(dir)
  expect(follower.status()).toMatchObject({ engine: 'exact', degraded: ['graph-missing'] })
  expect(await nearest(follower, vectors[3])).toBe(keys[3])
  const writer = await openIndex(store, dir)
  await writer.rebuild()
  await vi.waitFor(() => expect(follower.status()).toMatchObject({ engine: 'hnswlib', inGraph: 400 }), PATIENCE)
  expect(await nearest(follower, vectors[3])).toBe(keys[3])
})

it('a follower whose graph is full of deleted vectors takes the one that another process has built anew', async () => {
  const dir = tempDir()
  const store = openStore(dir)
  const vectors = some(150)
  const keys = await addVectors(store, vectors)
  const writer = await openIndex(store, dir)
  await writer.rebuild()
  const follower = await openFollower(dir)
  for (let at = 0; at < 45; at += 1) await store.remove(`p${at}`)
  await writer.sync()
  await vi.waitFor(async () => expect((await follower.verify()).snapshot?.generation).toBeGreaterThan(20), PATIENCE)
  expect(follower.status()).toMatchObject({ engine: 'hnswlib', vectors: 105, inGraph: 105 })
  expect(await nearest(follower, vectors[149])).toBe(keys[149])
})
