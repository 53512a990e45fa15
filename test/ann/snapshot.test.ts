import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { HnswGraph } from '../../src/ann/hnsw.ts'
import { Manifest, sealManifest } from '../../src/ann/manifest.ts'
import { commitSnapshot, loadSnapshot, type Origin, saveSnapshot, temporaryGraphFile } from '../../src/ann/snapshot.ts'
import { addVectors } from '../support/changes.ts'
import { GRAPH, openIndex, openStore, SPACE } from '../support/library.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(23)
const some = (count: number) => clusteredVectors(random, { count, dimension: GRAPH.dimension, clusters: 5 })
const ORIGIN: Origin = { settings: GRAPH, fingerprint: SPACE.fingerprint, databaseId: 'abc', generation: 7 }

let dir: string
beforeEach(() => {
  dir = tempDir()
})

function graphOf(count: number): HnswGraph {
  const graph = HnswGraph.create(GRAPH, count)
  for (const [label, vector] of some(count).entries()) graph.add(label + 1, vector)
  return graph
}

const bytesOf = () => new Map(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name)).toString('base64')]))
const problemOf = async (origin = ORIGIN) => {
  const loaded = await loadSnapshot(dir, origin)
  return 'problem' in loaded ? loaded.problem : null
}

/** Changes one field of the manifest. */
/** Changes a field as a flipped bit would, and the seal with it unless told not to. */
function edit(field: keyof Manifest, value: unknown, { seal = true } = {}): void {
  const file = join(dir, 'manifest.json')
  const { seal: old, ...content } = { ...JSON.parse(readFileSync(file, 'utf8')), [field]: value }
  writeFileSync(file, JSON.stringify(seal ? sealManifest(content) : { ...content, seal: old }))
}

describe('a snapshot', () => {
  it('comes back whole, and its manifest says of what it is', async () => {
    const graph = graphOf(200)
    const manifest = await saveSnapshot(dir, ORIGIN, graph)
    expect(Manifest.parse(JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')))).toEqual(manifest)
    expect(manifest).toMatchObject({ count: 200, generation: 7, databaseId: 'abc', dimension: GRAPH.dimension })
    const loaded = await loadSnapshot(dir, ORIGIN)
    if ('problem' in loaded) throw new Error(loaded.problem)
    const [query] = some(1)
    expect(loaded.graph.search(query as Float32Array, 10, { ef: 64 })).toEqual(
      graph.search(query as Float32Array, 10, { ef: 64 }),
    )
    expect(readdirSync(dir).sort()).toEqual(['manifest.json', manifest.file])
  })

  it('may be empty', async () => {
    await saveSnapshot(dir, ORIGIN, graphOf(0))
    expect(await problemOf()).toBeNull()
  })

  it.each([
    ['another database', { ...ORIGIN, databaseId: 'other' }, /another database \(databaseId\)/],
    ['another model', { ...ORIGIN, fingerprint: 'other' }, /another model \(fingerprint\)/],
    ['an older state of the database', { ...ORIGIN, generation: 6 }, /newer than the database \(generation\)/],
    ['another M', { ...ORIGIN, settings: { ...GRAPH, m: 8 } }, /other graph settings \(m\)/],
    [
      'another efConstruction',
      { ...ORIGIN, settings: { ...GRAPH, efConstruction: 99 } },
      /other graph settings \(efConstruction\)/,
    ],
    ['another dimension', { ...ORIGIN, settings: { ...GRAPH, dimension: 32 } }, /another dimension \(dimension\)/],
  ])('is not loaded for %s', async (_, origin, problem) => {
    await saveSnapshot(dir, ORIGIN, graphOf(20))
    expect(await problemOf(origin)).toMatch(problem)
  })

  it.each([
    ['magic', 'other'],
    ['format', 2],
    ['file', '../../etc/passwd'],
    ['file', 'vectors.9-none.hnsw'],
    ['byteSize', 1],
    ['sha256', '0'.repeat(64)],
    ['metric', 'l2'],
    ['count', 3],
  ] as const)('is not loaded with a manifest whose %s is %s', async (field, value) => {
    await saveSnapshot(dir, ORIGIN, graphOf(20))
    edit(field, value)
    expect(await problemOf()).toContain(`(${field})`)
  })

  it('is not loaded with a manifest that still makes sense but was not written so', async () => {
    await saveSnapshot(dir, ORIGIN, graphOf(20))
    edit('generation', 6, { seal: false })
    expect(await problemOf()).toBe('the manifest does not match its own checksum (seal)')
  })

  it('is not loaded without a manifest, or with half of one', async () => {
    expect(await problemOf()).toBe('there is no manifest')
    await saveSnapshot(dir, ORIGIN, graphOf(20))
    truncateSync(join(dir, 'manifest.json'), 40)
    expect(await problemOf()).toBe('the manifest is damaged')
  })

  it('is not loaded when it was cut or one bit of it flipped, anywhere', async () => {
    const { file } = await saveSnapshot(dir, ORIGIN, graphOf(60))
    const path = join(dir, file)
    const whole = readFileSync(path)
    for (let round = 0; round < 60; round += 1) {
      const spoilt = Buffer.from(whole)
      const at = Math.floor(random() * whole.length)
      spoilt.writeUInt8(spoilt.readUInt8(at) ^ (1 << (round % 8)), at)
      writeFileSync(path, round % 2 ? spoilt : whole.subarray(0, at))
      expect(await problemOf()).toMatch(round % 2 ? /checksum/ : /size/)
    }
    writeFileSync(path, whole)
    expect(await problemOf()).toBeNull()
  })

  it('keeps the one before it and cleans up what is older, what dead processes left half written too', async () => {
    const ours = temporaryGraphFile(dir)
    const { pid } = spawnSync(process.execPath, ['--version'])
    const dead = ours.replace(`.${process.pid}-`, `.${pid}-`)
    const former = ours.replace(/-\d+-/, '-1234567890123-')
    for (const path of [ours, dead, former, join(dir, 'notes.txt')]) writeFileSync(path, 'x')
    const files: string[] = []
    for (let generation = 1; generation <= 4; generation += 1) {
      files.push((await saveSnapshot(dir, { ...ORIGIN, generation }, graphOf(10))).file)
    }
    const kept = ['manifest.json', 'manifest.previous.json', 'notes.txt', ...files.slice(2), basename(ours)]
    expect(readdirSync(dir).sort()).toEqual(kept.sort())
  })
})

describe('a snapshot too large to be examined between two answers', () => {
  const WIDE: Origin = { ...ORIGIN, settings: { dimension: 4_096, m: 4, efConstruction: 4 } }
  const COUNT = 600

  async function save(): Promise<string> {
    const graph = HnswGraph.create(WIDE.settings, COUNT)
    for (let label = 1; label <= COUNT; label += 1) {
      graph.add(label, new Float32Array(WIDE.settings.dimension).fill(1 / label))
    }
    return join(dir, (await saveSnapshot(dir, WIDE, graph)).file)
  }

  /** How many threads were started by the work. */
  async function threadsDuring(work: () => Promise<unknown>): Promise<number> {
    let threads = 0
    const count = () => {
      threads += 1
    }
    process.on('worker', count)
    onTestFinished(() => void process.off('worker', count))
    await work()
    return threads
  }

  it('is examined by another thread, when it is written and when it is loaded', async () => {
    expect(await threadsDuring(save)).toBe(1)
    expect(await threadsDuring(async () => expect(await problemOf(WIDE)).toBeNull())).toBe(1)
  })

  it.each([
    ['in its vectors', (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(4_000) ^ 1, 4_000), /sha256/],
    ['in a link that leads nowhere', (bytes: Buffer) => bytes.writeUInt32LE(COUNT, 96 + 4), /sha256/],
  ])('is refused when it is damaged %s', async (_, damage, problem) => {
    const file = await save()
    const bytes = readFileSync(file)
    damage(bytes)
    writeFileSync(file, bytes)
    expect(await problemOf(WIDE)).toMatch(problem)
  })

  it('is refused as INDEX_DAMAGED when it was written with a link that leads nowhere', async () => {
    const file = await save()
    const bytes = readFileSync(file)
    bytes.writeUInt32LE(COUNT, 96 + 4)
    const temporary = temporaryGraphFile(dir)
    writeFileSync(temporary, bytes)
    const commit = commitSnapshot(dir, { ...WIDE, generation: 8 }, { temporary, count: COUNT })
    await expect(commit).rejects.toMatchObject({ code: 'INDEX_DAMAGED' })
    expect(await problemOf(WIDE)).toBeNull()
  })
})

describe('a snapshot that cannot be written whole', () => {
  it('is refused as STORAGE_FULL wherever it was cut, and the former one stays', async () => {
    await saveSnapshot(dir, ORIGIN, graphOf(50))
    const before = bytesOf()
    const whole = temporaryGraphFile(tempDir())
    await graphOf(80).write(whole)
    const bytes = readFileSync(whole)
    for (const length of [0, 1, 95, 96, 500, bytes.length - 4, bytes.length - 1]) {
      const temporary = temporaryGraphFile(dir)
      writeFileSync(temporary, bytes.subarray(0, length))
      const commit = commitSnapshot(dir, { ...ORIGIN, generation: 8 }, { temporary, count: 80 })
      await expect(commit).rejects.toMatchObject({ code: 'STORAGE_FULL' })
    }
    expect(bytesOf()).toEqual(before)
    expect(await problemOf()).toBeNull()
  })

  it('is refused when the system gives no more room', async () => {
    await saveSnapshot(dir, ORIGIN, graphOf(50))
    const before = bytesOf()
    const root = join(import.meta.dirname, '../..')
    const script = `
      import { HnswGraph } from '${root}/dist/ann/hnsw.js'
      import { saveSnapshot } from '${root}/dist/ann/snapshot.js'
      const origin = ${JSON.stringify({ ...ORIGIN, generation: 8 })}
      const graph = HnswGraph.create(origin.settings, 300)
      for (let label = 1; label <= 300; label += 1) graph.add(label, new Float32Array(${GRAPH.dimension}).fill(1 / label))
      await saveSnapshot(process.argv[1], origin, graph).then(() => console.log('saved'), (error) => console.log(error.code))`
    const limited = 'ulimit -f 64; exec "$0" --input-type=module -e "$1" "$2"'
    const said = execFileSync('sh', ['-c', limited, process.execPath, script, dir], { encoding: 'utf8' })
    expect(said.trim()).toBe('STORAGE_FULL')
    expect(bytesOf()).toEqual(before)
  })
})

describe('an index whose snapshot is spoilt', () => {
  const spoilers: [string, (file: string, manifest: string) => void][] = [
    ['cut', (file) => truncateSync(file, 1_000)],
    ['replaced by noise', (file) => writeFileSync(file, Buffer.alloc(readFileSync(file).length, 7))],
    ['without a manifest', (_, manifest) => writeFileSync(manifest, '')],
  ]

  it.each(spoilers)('answers exactly and builds it anew: %s', async (_, spoil) => {
    const store = openStore(dir)
    const vectors = some(120)
    const keys = await addVectors(store, vectors)
    const former = await openIndex(store, dir)
    await former.close()
    const [file] = readdirSync(dir).filter((name) => name.endsWith('.hnsw'))
    spoil(join(dir, file ?? ''), join(dir, 'manifest.json'))
    const index = await openIndex(store, dir)
    expect(index.status()).toMatchObject({ engine: 'exact', degraded: ['graph-rebuilding'] })
    const answer = await index.search({ vector: vectors[5] as Float32Array, limit: 1 })
    expect(answer).toMatchObject({ plan: 'exact', neighbours: [{ key: keys[5] }] })
    expect(await index.verify()).toMatchObject({ ok: true, recallAt10: 1, snapshot: { generation: 1 } })
    expect(index.rebuilds).toHaveLength(1)
    expect(await problemOf({ ...ORIGIN, databaseId: store.databaseId })).toBeNull()
  })

  it('does not take the files of another database', async () => {
    const store = openStore(dir)
    await addVectors(store, some(30))
    await (await openIndex(store, dir)).close()
    const other = openStore(tempDir())
    await addVectors(other, some(30))
    const index = await openIndex(other, dir)
    expect(index.rebuilds).toEqual(['the snapshot is of another database (databaseId)'])
    expect(existsSync(join(dir, 'manifest.json'))).toBe(true)
  })
})
