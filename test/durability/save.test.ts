import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { HnswGraph } from '../../src/ann/hnsw.ts'
import { commitSnapshot, type Origin, saveSnapshot, temporaryGraphFile } from '../../src/ann/snapshot.ts'
import { addVectors } from '../support/changes.ts'
import { DIMENSION, GRAPH, openIndex, openStore, SPACE } from '../support/library.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { nearest, send } from './support/client.ts'
import { TEST_TIMEOUT_MS, times } from './support/full.ts'
import { drafts } from './support/papers.ts'
import { startServer } from './support/server.ts'

const random = createRandom(606)
const some = (count: number) => clusteredVectors(random, { count, dimension: DIMENSION, clusters: 8 })
const ORIGIN: Origin = { settings: GRAPH, fingerprint: SPACE.fingerprint, databaseId: 'abc', generation: 7 }

function graphOf(vectors: readonly Float32Array[]): HnswGraph {
  const graph = HnswGraph.create(GRAPH, vectors.length)
  for (const [label, vector] of vectors.entries()) graph.add(label + 1, vector)
  return graph
}

const isDerived = (name: string): boolean => name.endsWith('.hnsw') || name === 'manifest.json'
const derivedOf = (dir: string) =>
  new Map(
    readdirSync(dir)
      .filter(isDerived)
      .map((name) => [name, readFileSync(join(dir, name)).toString('base64')]),
  )

describe('a save of the graph', () => {
  it.skipIf(!existsSync('/dev/full'))('to a full device is reported, and the former snapshot stays', async () => {
    const dir = tempDir()
    await saveSnapshot(dir, ORIGIN, graphOf(some(50)))
    const before = derivedOf(dir)
    const graph = graphOf(some(80))
    const temporary = temporaryGraphFile(dir)
    symlinkSync('/dev/full', temporary)
    await graph.write(temporary)
    const commit = commitSnapshot(dir, { ...ORIGIN, generation: 8 }, { temporary, count: 80 })
    await expect(commit).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    expect(derivedOf(dir)).toEqual(before)
    expect(existsSync('/dev/full')).toBe(true)
  })

  it('to a folder that is gone is reported', async () => {
    await expect(saveSnapshot(join(tempDir(), 'gone'), ORIGIN, graphOf(some(10)))).rejects.toThrow()
  })

  it.skipIf(process.platform !== 'linux')(
    'past a limit of the system is logged as index_save_failed, keeps the former graph and loses no paper',
    async () => {
      const dir = tempDir()
      const first = await startServer(dir)
      const papers = drafts(random, 'p', 300)
      expect(await send(first.url, papers.slice(0, 200))).toBe(200)
      await first.end('SIGTERM')
      const before = derivedOf(dir)
      const [graph = ''] = [...before.keys()].filter((name) => name.endsWith('.hnsw'))
      const server = await startServer(dir)
      expect(await send(server.url, papers.slice(200))).toBe(200)
      const limit = Math.floor(statSync(join(dir, graph)).size / 2)
      execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${limit}:`])
      expect((await server.end('SIGTERM')).signal).toBeNull()
      expect(server.log.filter(({ event }) => event === 'index_save_failed')).toHaveLength(1)
      expect(derivedOf(dir)).toEqual(before)
      const again = await startServer(dir)
      expect(again.log.filter(({ event }) => event === 'index_rebuild')).toEqual([])
      for (const paper of papers.slice(150)) expect((await nearest(again.url, paper, 1)).data[0]?.id).toBe(paper.id)
      expect(await again.end('SIGTERM')).toEqual({ code: 0, signal: null })
      expect([...derivedOf(dir)]).not.toEqual([...before])
    },
    TEST_TIMEOUT_MS,
  )
})

describe('what is added and deleted while the graph is written', () => {
  it(
    'waits for the end of it: what is loaded again equals the store',
    async () => {
      const rounds = times(4, 25)
      const dir = tempDir()
      const store = openStore(dir)
      await addVectors(store, some(600))
      let index = await openIndex(store, dir)
      await index.rebuild()
      let pending = 0
      for (let round = 0; round < rounds; round += 1) {
        let saved = false
        const saving = index.snapshot().finally(() => {
          saved = true
        })
        for (let n = 0; !saved; n += 1) {
          await addVectors(store, some(1), `r${round}n${n}-`)
          if (n % 3 === 0) await store.remove(`r${round}n${n >> 1}-0`)
          await index.sync()
          pending += 1
          await new Promise((resolve) => setImmediate(resolve))
        }
        await saving
        await index.close()
        index = await openIndex(store, dir)
        expect(index.rebuilds).toEqual([])
        expect(await index.verify()).toMatchObject({ ok: true, problems: [] })
      }
      expect(pending).toBeGreaterThan(rounds)
    },
    TEST_TIMEOUT_MS,
  )
})
