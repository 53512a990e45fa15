import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openVectorIndex } from '../../src/ann/live-index.ts'
import { loadSnapshot } from '../../src/ann/snapshot.ts'
import type { PaperStore } from '../../src/domain/ports.ts'
import type { VectorIndex } from '../../src/domain/vector-index.ts'
import { addVectors } from '../support/changes.ts'
import { GRAPH, openIndex, openStore, SPACE } from '../support/library.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { openApp } from './support/app.ts'
import { nearest, send, whole } from './support/client.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { drafts } from './support/papers.ts'
import { startServer } from './support/server.ts'

const VECTORS = times(500, 2_000)
const HEADER_BYTES = 96
const SECTOR = 512

const random = createRandom(303)
const below = (limit: number): number => Math.floor(random() * limit)
const queries = clusteredVectors(random, { count: 5, dimension: GRAPH.dimension, clusters: 5 })

function flipped(bytes: Buffer, within: number): Buffer {
  const spoilt = Buffer.from(bytes)
  const at = below(within)
  spoilt.writeUInt8(spoilt.readUInt8(at) ^ (1 << below(8)), at)
  return spoilt
}

function garbled(bytes: Buffer): Buffer {
  const spoilt = Buffer.from(bytes)
  const from = below(Math.ceil(bytes.length / SECTOR)) * SECTOR
  for (let at = from; at < Math.min(from + SECTOR, bytes.length); at += 1) spoilt.writeUInt8(below(256), at)
  return spoilt
}

type Spoil = (bytes: Buffer) => Buffer

const DAMAGES: readonly (readonly [what: string, count: number, spoil: Spoil])[] = [
  ['truncated', times(30, 300), (bytes) => bytes.subarray(0, below(bytes.length))],
  ['a bit flipped anywhere', times(50, 500), (bytes) => flipped(bytes, bytes.length)],
  ['a bit flipped in the first 96 bytes', times(30, 300), (bytes) => flipped(bytes, HEADER_BYTES)],
  ['a sector garbled', times(30, 300), garbled],
]

interface Home {
  readonly dir: string
  readonly store: PaperStore
  /** The two files of a snapshot, and what is in them. */
  readonly files: readonly { readonly path: string; readonly bytes: Buffer }[]
}

async function savedHome(): Promise<Home> {
  const dir = tempDir()
  const store = openStore(dir)
  await addVectors(store, clusteredVectors(random, { count: VECTORS, dimension: GRAPH.dimension, clusters: 20 }))
  await (await openIndex(store, dir)).close()
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.hnsw') || name === 'manifest.json')
    .map((name) => ({ path: join(dir, name), bytes: readFileSync(join(dir, name)) }))
  expect(files).toHaveLength(2)
  return { dir, store, files }
}

const quiet = () => undefined
const silent = { onRebuild: quiet, onFallback: quiet, onFailure: quiet, onSearchWidth: quiet, onRecallLow: quiet }
const settings = { fingerprint: SPACE.fingerprint, settings: GRAPH, ef: 64 }

/** Without a rebuild, so that a thousand damages take no thousand builds. */
const openReading = ({ dir, store }: Home): Promise<VectorIndex> =>
  openVectorIndex({ dir, source: store, ...settings, readOnly: true, events: silent })

/** Why the snapshot is not loaded; null where it is. */
async function problemOf({ dir, store }: Home): Promise<string | null> {
  const { databaseId } = store
  const origin = { settings: GRAPH, fingerprint: SPACE.fingerprint, databaseId, generation: store.generation() }
  const loaded = await loadSnapshot(dir, origin)
  return 'problem' in loaded ? loaded.problem : null
}

async function expectExactAnswers(index: VectorIndex): Promise<void> {
  expect(index.status()).toMatchObject({ engine: 'exact', inGraph: 0 })
  for (const vector of queries) {
    const exact = await index.search({ vector, limit: 10, exact: true })
    expect(await index.search({ vector, limit: 10 })).toEqual(exact)
  }
}

/** Damages one file, looks, and puts it back. False where the damage changed nothing. */
async function tryOne(home: Home, file: Home['files'][number], spoil: Spoil): Promise<boolean> {
  const spoilt = spoil(file.bytes)
  if (spoilt.equals(file.bytes)) return false
  writeFileSync(file.path, spoilt)
  // By the manifest, the size or the checksum: what hnswlib itself refuses, it has read before.
  expect(await problemOf(home)).toMatch(/manifest|size|checksum/)
  const index = await openReading(home)
  await expectExactAnswers(index)
  await index.close()
  writeFileSync(file.path, file.bytes)
  return true
}

describe('a damaged index', () => {
  it.each(DAMAGES)(
    '(%s, %i times) is found out before it is loaded, and every answer is exact',
    async (what, count, spoil) => {
      const home = await savedHome()
      let done = 0
      for (let round = 0; done < count; round += 1) {
        // Four of five damages meet the graph, the others its manifest.
        const file = home.files.find(({ path }) => path.endsWith(round % 5 === 4 ? 'manifest.json' : '.hnsw'))
        if (file && (await tryOne(home, file, spoil))) done += 1
      }
      expect(await problemOf(home)).toBeNull()
      measured('B11 damages', { what, count, found: done, vectors: VECTORS })
    },
    TEST_TIMEOUT_MS,
  )

  it('makes the server say that it is degraded, until a new graph is there', async () => {
    const dir = tempDir()
    const papers = drafts(random, 'p', 100)
    const first = await openApp(dir)
    expect((await first.post('/v1/papers', papers)).status).toBe(200)
    await first.kindred.close()
    writeFileSync(join(dir, 'manifest.json'), '{}')
    const { kindred, get } = await openApp(dir)
    onTestFinished(() => kindred.close())
    const ready = async () => (await get('/readyz')).json()
    expect(await ready()).toMatchObject({ status: 'ready', papers: 100, degraded: ['graph-rebuilding'] })
    await kindred.deps.index.verify()
    expect(await ready()).toMatchObject({ status: 'ready', papers: 100, degraded: [] })
  })

  it(
    'does not end the server, which finds every paper and builds a new graph',
    async () => {
      const dir = tempDir()
      const papers = drafts(random, 'p', 200)
      const first = await startServer(dir)
      expect(await send(first.url, papers)).toBe(200)
      await first.end('SIGTERM')
      for (const [, , spoil] of DAMAGES) {
        const manifest: unknown = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'))
        const name = typeof manifest === 'object' && manifest && 'file' in manifest ? String(manifest.file) : ''
        const graph = readFileSync(join(dir, name))
        writeFileSync(join(dir, name), spoil(graph))
        const server = await startServer(dir)
        for (const paper of papers.slice(0, 50)) {
          expect((await nearest(server.url, paper, 1)).data[0]?.id).toBe(paper.id)
        }
        await whole(server.url)
        expect(server.log.filter(({ event }) => event === 'index_rebuild')).toHaveLength(1)
        expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
      }
    },
    TEST_TIMEOUT_MS,
  )
})
