import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { addVectors } from '../support/changes.ts'
import { DIMENSION, openIndex, openStore } from '../support/library.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(61)
const some = (count: number) => clusteredVectors(random, { count, dimension: DIMENSION, clusters: 10 })

/** A store, and another folder for the graph, which can be taken away. */
async function apart(count: number) {
  const store = openStore(tempDir())
  await addVectors(store, some(count))
  return { store, dir: tempDir() }
}

const manifestOf = (dir: string) => existsSync(join(dir, 'manifest.json'))

describe('a snapshot that cannot be written', () => {
  it('is reported and tried again, without a change in between', async () => {
    const { store, dir } = await apart(50)
    const index = await openIndex(store, dir, { waitMs: 5 })
    await index.rebuild()
    rmSync(dir, { recursive: true })
    await addVectors(store, some(5), 'new')
    await index.sync()
    await vi.waitFor(() => expect(index.failures.length).toBeGreaterThan(1))
    expect(index.status()).toMatchObject({ engine: 'hnswlib', inGraph: 55 })
    mkdirSync(dir)
    await vi.waitFor(() => expect(manifestOf(dir)).toBe(true))
    await index.close()
    expect((await openIndex(store, dir)).status()).toMatchObject({ engine: 'hnswlib', inGraph: 55 })
  })
})

describe('a graph that cannot be built', () => {
  it('is tried again, while searches are answered exactly', async () => {
    const { store, dir } = await apart(300)
    rmSync(dir, { recursive: true })
    const index = await openIndex(store, dir, { waitMs: 5 })
    await vi.waitFor(() => expect(index.failures.length).toBeGreaterThan(1))
    const [vector] = some(1)
    expect(await index.search({ vector: vector as Float32Array, limit: 5 })).toMatchObject({ plan: 'exact' })
    mkdirSync(dir)
    await vi.waitFor(() => expect(index.status()).toMatchObject({ engine: 'hnswlib', degraded: [] }))
    expect(await index.verify()).toMatchObject({ ok: true, vectors: 300 })
  })
})

describe('a close', () => {
  it('ends a long build between two points, and leaves nothing half done', async () => {
    const { store, dir } = await apart(3_000)
    const index = await openIndex(store, dir, { closeGraceMs: 0 })
    const building = expect(index.rebuild()).rejects.toMatchObject({ code: 'INTERRUPTED' })
    await index.close()
    await building
    expect(readdirSync(dir)).toEqual([])
    expect(index.failures).toEqual([])
    const again = await openIndex(store, dir)
    expect(again.rebuilds).toEqual(['there is no manifest'])
    expect(await again.verify()).toMatchObject({ ok: true, vectors: 3_000 })
  })
})

describe('a verification', () => {
  it('lets others have their turn, and is right about what they change meanwhile', async () => {
    const { store, dir } = await apart(2_000)
    const index = await openIndex(store, dir)
    await index.rebuild()
    let verifying = true
    const verdict = index.verify().finally(() => {
      verifying = false
    })
    let turns = 0
    for (; verifying; turns += 1) {
      if (turns < 20) await store.remove(`p${turns}`)
      if (turns === 20) await addVectors(store, some(20), 'new')
      await index.sync()
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(turns).toBeGreaterThan(1)
    expect((await verdict).problems.filter((problem) => /differ/.test(problem))).toEqual([])
    expect(await index.verify()).toMatchObject({ ok: true })
  })
})
