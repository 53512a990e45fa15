import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { HnswGraph } from '../../src/ann/hnsw.ts'
import { Manifest, sealManifest } from '../../src/ann/manifest.ts'
import { loadSnapshot, type Origin, saveSnapshot } from '../../src/ann/snapshot.ts'
import { addVectors } from '../support/changes.ts'
import { GRAPH, openIndex, openStore, SPACE } from '../support/library.ts'
import { clusteredVectors, createRandom, pick } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'

/** The full run is the one that docs/decisions/0024-index-and-worker-life.md reports. */
const ROUNDS = times(140, 1_400)
const random = createRandom(41)
const below = (limit: number): number => Math.floor(random() * limit)
const some = (count: number) => clusteredVectors(random, { count, dimension: GRAPH.dimension, clusters: 5 })
const ORIGIN: Origin = { settings: GRAPH, fingerprint: SPACE.fingerprint, databaseId: 'abc', generation: 7 }
const HEADER = 96
const DIST = join(import.meta.dirname, '../../dist')

let dir: string
beforeEach(() => {
  dir = tempDir()
})

const manifestFile = () => join(dir, 'manifest.json')
const graphFile = () => join(dir, readdirSync(dir).find((name) => name.endsWith('.hnsw')) ?? '')

async function problemOf(): Promise<string | null> {
  const loaded = await loadSnapshot(dir, ORIGIN)
  return 'problem' in loaded ? loaded.problem : null
}

async function save(count: number): Promise<void> {
  const graph = HnswGraph.create(GRAPH, count)
  for (const [label, vector] of some(count).entries()) graph.add(label + 1, vector)
  await saveSnapshot(dir, ORIGIN, graph)
}

/** Bytes that somebody else made, with a manifest that vouches for them. */
function vouchFor(bytes: Buffer): void {
  writeFileSync(graphFile(), bytes)
  const { seal: _seal, ...content } = Manifest.parse(JSON.parse(readFileSync(manifestFile(), 'utf8')))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  writeFileSync(manifestFile(), JSON.stringify(sealManifest({ ...content, byteSize: bytes.length, sha256 })))
}

function flip(bytes: Buffer, before: number): Buffer {
  const at = below(before)
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << below(8)), at)
  return bytes
}

function overwriteSector(bytes: Buffer): Buffer {
  const from = below(bytes.length)
  bytes.set(
    Buffer.from(bytes.subarray(from, from + 512)).map(() => below(256)),
    from,
  )
  return bytes
}

/** One bit of the header, one bit anywhere, a cut, a sector of noise. */
const DAMAGES: readonly ((bytes: Buffer) => Buffer)[] = [
  (bytes) => flip(bytes, HEADER),
  (bytes) => flip(bytes, bytes.length),
  (bytes) => bytes.subarray(0, below(bytes.length)),
  overwriteSector,
]

const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`

describe('a manifest', () => {
  it.each([
    ['empty', ''],
    ['noise', Buffer.from([0, 255, 254, 7, 0, 1])],
    ['a number', '7'],
    ['null', 'null'],
    ['a list', '[]'],
    ['__proto__ alone', '{"__proto__": {"magic": "kindred-index"}}'],
    ['nested deeply', nested],
    ['nested deeply within a field', `{"magic": ${nested}}`],
    ['larger than any manifest', JSON.stringify({ magic: 'kindred-index', file: 'x'.repeat(1_000_000) })],
  ])('is refused when it is %s', async (_, content) => {
    await save(20)
    writeFileSync(manifestFile(), content)
    expect(await problemOf()).toMatch(/^the manifest is damaged/)
    expect({}).not.toHaveProperty('magic')
  })

  it('is refused with a field more, and names it', async () => {
    await save(20)
    const text = readFileSync(manifestFile(), 'utf8')
    writeFileSync(manifestFile(), text.replace('{', '{"__proto__": {"a": 1},'))
    expect(await problemOf()).toMatch(/^the manifest is damaged \(.*__proto__/)
  })

  it('is refused when it is a folder, as a graph file is', async () => {
    await save(20)
    const graph = graphFile()
    rmSync(graph)
    mkdirSync(graph)
    expect(await problemOf()).toMatch(/byteSize/)
    rmSync(manifestFile())
    mkdirSync(manifestFile())
    expect(await problemOf()).toMatch(/damaged/)
  })
})

describe('a graph file whose checksum is right', () => {
  it.each([
    ['capacity', 8],
    ['count', 16],
    ['dimension', 24],
    ['m', 56],
    ['m', 72],
    ['efConstruction', 88],
    ['links', 52],
  ])('is refused when it has another %s', async (field, at) => {
    await save(200)
    const bytes = readFileSync(graphFile())
    bytes.writeUInt32LE(bytes.readUInt32LE(at) ^ 0x0101_0101, at)
    vouchFor(bytes)
    expect(await problemOf()).toBe(`the graph file is not what its manifest says (${field})`)
  })

  it('is refused or harmless, wherever it was flipped, cut or overwritten', { timeout: TEST_TIMEOUT_MS }, async () => {
    await save(300)
    const whole = readFileSync(graphFile())
    const [query] = some(1)
    const refused = new Set<string>()
    for (let round = 0; round < ROUNDS; round += 1) {
      vouchFor(pick(random, DAMAGES)(Buffer.from(whole)))
      const loaded = await loadSnapshot(dir, ORIGIN)
      // Damaged vectors only lead astray; a damaged link would end this process.
      if ('graph' in loaded) loaded.graph.search(query as Float32Array, 50, { ef: 300 })
      else refused.add(loaded.problem)
    }
    measured('B11 vouched damage', { rounds: ROUNDS, ends: 0, reasons: [...refused] })
    expect([...refused].join()).toMatch(/links/)
    expect([...refused].join()).toMatch(/size/)
    expect([...refused].filter((problem) => !/graph file/.test(problem))).toEqual([])
  })
})

describe('an index whose newest snapshot is damaged', () => {
  it('goes on from the one before it, which catches up and is saved anew', async () => {
    const store = openStore(dir)
    await addVectors(store, some(200))
    const index = await openIndex(store, dir)
    await index.rebuild()
    const [added] = some(1)
    const [key] = await addVectors(store, [added as Float32Array], 'new')
    await store.remove('p7')
    await index.sync()
    await index.close()
    const { file } = JSON.parse(readFileSync(manifestFile(), 'utf8'))
    writeFileSync(join(dir, file), Buffer.alloc(readFileSync(join(dir, file)).length, 7))

    const again = await openIndex(store, dir)
    expect(again.fallbacks).toEqual(['the graph file does not match its checksum (sha256)'])
    const { plan, neighbours } = await again.search({ vector: added as Float32Array, limit: 1 })
    expect([plan, neighbours[0]?.key]).toEqual(['ann', key])
    expect(await again.verify()).toMatchObject({ ok: true, vectors: 200 })
    await again.close()
    const third = await openIndex(store, dir)
    expect([again.rebuilds, third.rebuilds, third.fallbacks]).toEqual([[], [], []])
  })

  it('keeps a sound one beside the new one, and never the damaged one', async () => {
    const store = openStore(dir)
    await addVectors(store, some(200))
    const index = await openIndex(store, dir)
    await index.rebuild()
    for (const [round, vector] of some(3).entries()) {
      await addVectors(store, [vector], `new-${round}`)
      await index.sync()
      await index.snapshot()
    }
    await index.close()
    for (const round of [4, 5]) {
      const { file } = JSON.parse(readFileSync(manifestFile(), 'utf8'))
      writeFileSync(join(dir, file), Buffer.alloc(readFileSync(join(dir, file)).length, round))
      await addVectors(store, some(1), `new-${round}`)
      const again = await openIndex(store, dir)
      expect([again.fallbacks.length, again.rebuilds]).toEqual([1, []])
      await again.close()
    }
  })
})

/** Ends itself in the middle of the work, as a fault in native code would. */
function dieAt(kind: 'load' | 'build', work: string): void {
  const script = `
    import { readdirSync, statSync } from 'node:fs'
    import { openVectorIndex } from '${DIST}/ann/live-index.js'
    import { openPaperStore } from '${DIST}/store/papers.js'
    const dir = process.argv[1]
    const dieWhenBegun = () => {
      const [note] = readdirSync(dir).filter((name) => name.startsWith('${kind}.' + process.pid))
      if (note && statSync(dir + '/' + note).size > 0) process.kill(process.pid, 'SIGKILL')
      setImmediate(dieWhenBegun)
    }
    dieWhenBegun()
    const quiet = () => undefined
    const source = openPaperStore({ dir }, ${JSON.stringify(SPACE)})
    const events = { onRebuild: quiet, onFallback: quiet, onFailure: quiet, onSearchWidth: quiet, onRecallLow: quiet }
    const options = { dir, source, fingerprint: source.fingerprint, settings: ${JSON.stringify(GRAPH)}, ef: 64, events }
    const index = await openVectorIndex({ ...options, fingerprint: '${SPACE.fingerprint}' })
    ${work}
    process.exit(0)`
  const { signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script, dir])
  expect(signal).toBe('SIGKILL')
}

describe('a process that does not survive', () => {
  it('loading a snapshot is the last one: the next builds it anew, and says why', async () => {
    const store = openStore(dir)
    await addVectors(store, some(300))
    await (await openIndex(store, dir)).close()
    dieAt('load', '')
    const index = await openIndex(store, dir)
    expect(index.rebuilds).toEqual(['a process did not survive loading the graph file'])
    expect(await index.verify()).toMatchObject({ ok: true, vectors: 300 })
    await index.close()
    const again = await openIndex(store, dir)
    expect([again.rebuilds, again.status().engine]).toEqual([[], 'hnswlib'])
    expect(readdirSync(dir).filter((name) => /tmp|attempt/.test(name))).toEqual([])
  })

  it('building is followed by others that try again at once, and from the fourth on only after a while', async () => {
    const store = openStore(dir)
    await addVectors(store, some(300))
    const rebuild = 'await index.rebuild()'
    for (let death = 0; death < 2; death += 1) dieAt('build', rebuild)
    const suspect = async () => {
      const index = await openIndex(store, dir, { waitMs: 60_000, closeGraceMs: 0 })
      const { degraded } = index.status()
      await index.close()
      return degraded
    }
    expect(await suspect()).toEqual(['graph-rebuilding'])
    dieAt('build', rebuild)
    expect(await suspect()).toEqual(['graph-missing'])
    const patient = await openIndex(store, dir, { waitMs: 1 })
    await expect.poll(() => patient.status().engine).toBe('hnswlib')
    await patient.close()
    expect(readdirSync(dir).filter((name) => /tmp|attempt/.test(name))).toEqual([])
  })
})
