import { describe, expect, it } from 'vitest'
import { fail } from '../../src/domain/errors.ts'
import { LIMITS } from '../../src/domain/paper.ts'
import { exportPapers } from '../../src/services/export.ts'
import { ingest } from '../../src/services/ingest.ts'
import { stored } from '../support/changes.ts'
import { add, countingEmbedder, DIMENSION, items, openLibrary } from '../support/library.ts'
import { createRandom, randomVector } from '../support/random.ts'
import { someRecords } from '../support/records.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(31)
const numbers = () => Array.from(randomVector(random, DIMENSION))
const MODEL = 'hash'
const library = () => openLibrary()
type Lib = Awaited<ReturnType<typeof openLibrary>>

async function contents({ store }: Lib) {
  const found = new Map<string, unknown>()
  for await (const { paper, vector } of store.everything()) found.set(paper.id, { paper, vector: [...vector] })
  return found
}

describe('many records', () => {
  it('go in over several batches, and every one is found by both sides', async () => {
    const lib = await library()
    const records = someRecords(150)
    const seen: number[] = []
    const report = await add(lib, records, { onProgress: ({ records }) => seen.push(records) })
    expect(report).toMatchObject({
      added: 150,
      updated: 0,
      unchanged: 0,
      rejected: 0,
      embedded: 150,
      sources: { 'a.jsonl': 150 },
    })
    expect(seen).toEqual([16, 32, 48, 64, 80, 96, 112, 128, 144, 150])
    expect(await lib.store.stats()).toMatchObject({ papers: 150, vectors: 150, generation: 10 })
    for (const [at, { title, abstract }] of records.entries()) {
      const [vector] = await lib.embedder.embed([`${title}. ${abstract}`], 'passage')
      const near = await lib.index.search({ vector: vector as Float32Array, limit: 1 })
      const words = await lib.store.lexical([`answer${at * 31}`], 5)
      expect(near.neighbours[0]?.key).toBe(words.matches[0]?.key)
    }
  })

  it('count those without an abstract, which are found by their title', async () => {
    const lib = await library()
    expect(
      await add(lib, [{ title: 'Bare' }, { title: 'Empty', abstract: ' ' }, { title: 'Full', abstract: 'x' }]),
    ).toMatchObject({
      added: 3,
      withoutAbstract: 2,
    })
  })

  it('may be none', async () => {
    expect(await add(await library(), [])).toMatchObject({ added: 0, rejected: 0, embedded: 0 })
  })
})

describe('a record that brings its embedding', () => {
  const record = (over: object = {}) => ({
    title: 'Reeds',
    abstract: 'Hum.',
    embedding: numbers(),
    embeddingModel: MODEL,
    ...over,
  })

  it.each([MODEL, countingEmbedder().fingerprint])(
    'of %s is taken bit by bit, without the model',
    async (embeddingModel) => {
      const lib = await library()
      const given = record({ embeddingModel })
      expect(await add(lib, [given])).toMatchObject({ added: 1, embedded: 0 })
      const { key } = await stored(lib.store, [...(await contents(lib)).keys()][0] ?? '')
      expect(await lib.index.vectorOf(key)).toEqual(Float32Array.from(given.embedding))
      expect(lib.embedder.texts).toEqual([])
    },
  )

  it('is brought to length 1', async () => {
    const lib = await library()
    const embedding = numbers()
    await add(lib, [record({ embedding: embedding.map((value) => value * 40) })])
    for await (const { vector } of lib.store.everything()) {
      vector.forEach((value, at) => {
        expect(value).toBeCloseTo(embedding[at] ?? 0, 5)
      })
    }
  })

  it('does not give it to a text that it does not stand for', async () => {
    const lib = await library()
    const bare = { title: 'Reeds', embedding: numbers(), embeddingModel: MODEL }
    const report = await add(lib, [{ title: 'Reeds', abstract: 'Hum.' }, bare])
    expect(report).toMatchObject({ added: 1, updated: 1, embedded: 1 })
    expect(lib.embedder.texts).toEqual(['Reeds. Hum.'])
  })

  it.each([
    ['another dimension', { embedding: [1, 2, 3] }, 'EMBEDDING_MISMATCH'],
    ['another model', { embeddingModel: 'other/model' }, 'EMBEDDING_MISMATCH'],
    ['no model', { embeddingModel: null }, 'EMBEDDING_MISMATCH'],
    ['a model and no numbers', { embedding: null }, 'EMBEDDING_MISMATCH'],
    ['zeros', { embedding: new Array(DIMENSION).fill(0) }, 'EMBEDDING_MISMATCH'],
    ['numbers beyond 32 bits', { embedding: new Array(DIMENSION).fill(1e300) }, 'EMBEDDING_MISMATCH'],
    ['NaN', { embedding: [...numbers().slice(1), Number.NaN] }, 'RECORD_INVALID'],
    ['infinity', { embedding: [...numbers().slice(1), Number.POSITIVE_INFINITY] }, 'RECORD_INVALID'],
    ['null', { embedding: [...numbers().slice(1), null] }, 'RECORD_INVALID'],
    ['text', { embedding: 'none' }, 'RECORD_INVALID'],
  ])('with %s is refused', async (_, over, code) => {
    const lib = await library()
    const { refused, added } = await add(lib, [record(over), { title: 'Good' }])
    expect(refused).toMatchObject([{ line: 1, error: { code } }])
    expect(added).toBe(1)
  })
})

describe('records that are refused', () => {
  const BAD = [
    {},
    null,
    'text',
    [],
    { title: '' },
    { title: 'x', abstrct: 'y' },
    { title: 'x', publishedAt: '2023-13-01' },
    { title: 'x', abstract: 'a'.repeat(LIMITS.abstract + 1) },
  ]

  it('lose nothing of the others, and are reported by their line', async () => {
    const lib = await library()
    const good = someRecords(80)
    const mixed = good.flatMap((record, at) => (at % 10 === 0 ? [BAD[(at / 10) % BAD.length], record] : [record]))
    const { added, rejected, refused } = await add(lib, mixed)
    expect([added, rejected]).toEqual([80, 8])
    expect(refused.map(({ line }) => line)).toEqual([1, 12, 23, 34, 45, 56, 67, 78])
    expect(refused.at(-1)?.error.code).toBe('RECORD_TOO_LARGE')
    expect(refused[5]?.error.message).toContain('abstrct')
  })

  it('stop a strict run, which keeps what came before', async () => {
    const lib = await library()
    const records = [...someRecords(70), { title: '' }, { title: 'Never reached' }]
    await expect(add(lib, records, { strict: true })).rejects.toMatchObject({ code: 'RECORD_INVALID' })
    expect((await lib.store.stats()).papers).toBe(70)
  })
})

describe('a run that is stopped', () => {
  it('keeps its finished batches, and another run finishes', async () => {
    const lib = await library()
    const records = someRecords(150)
    const stop = new AbortController()
    const onProgress = () => stop.abort()
    await expect(add(lib, records, { signal: stop.signal, onProgress })).rejects.toMatchObject({ code: 'INTERRUPTED' })
    const { papers } = await lib.store.stats()
    expect([16, 32, 48, 64]).toContain(papers)
    expect(await add(lib, records)).toMatchObject({ added: 150 - papers, unchanged: papers, embedded: 150 - papers })
  })

  it('lets nothing go in behind a batch that failed, and waits for what is under way', async () => {
    let texts = 0
    const failing = countingEmbedder(MODEL, async () => {
      texts += 1
      if (texts === 20) fail('MODEL_UNAVAILABLE', 'gone')
      await new Promise((resolve) => setImmediate(resolve))
    })
    const lib = await openLibrary(tempDir(), failing)
    const records = someRecords(100)
    await expect(add(lib, records)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    expect((await lib.store.stats()).papers).toBe(16)
    expect(await add(lib, records)).toMatchObject({ added: 84, unchanged: 16, embedded: 84 })
  })

  it('keeps what was read before a source broke off', async () => {
    const lib = await library()
    async function* breaking() {
      yield* items(someRecords(10))
      throw new RangeError('the stream ended early')
    }
    await expect(ingest(lib, breaking(), { run: 'r' })).rejects.toThrow('the stream ended early')
    expect((await lib.store.stats()).papers).toBe(10)
  })
})

describe('two runs at once', () => {
  /** Gives other work its turn before each batch, so that the two runs interleave. */
  const yielding = () => countingEmbedder(MODEL, () => new Promise((resolve) => setImmediate(resolve)))
  const half = (from: number, to: number) => someRecords(200).slice(from, to)

  it('lose nothing in one process', async () => {
    const lib = await openLibrary(tempDir(), yielding())
    const reports = await Promise.all([
      add(lib, half(0, 130), { source: 'a.jsonl' }),
      add(lib, half(70, 200), { source: 'b.jsonl' }),
    ])
    expect(reports.reduce((sum, { added }) => sum + added, 0)).toBe(200)
    expect(reports.reduce((sum, { updated }) => sum + updated, 0)).toBe(60)
    expect(await lib.store.stats()).toMatchObject({ papers: 200, vectors: 200 })
    expect(await lib.index.verify()).toMatchObject({ vectors: 200 })
  })

  it('lose nothing over two handles on one file', async () => {
    const dir = tempDir()
    const [one, other] = [await openLibrary(dir, yielding()), await openLibrary(dir, yielding())]
    await Promise.all([add(one, half(0, 130), { source: 'a.jsonl' }), add(other, half(70, 200), { source: 'b.jsonl' })])
    expect(await contents(one)).toEqual(await contents(other))
    expect((await one.store.stats()).papers).toBe(200)
    for (const { index } of [one, other]) {
      await index.sync()
      expect(index.status().vectors).toBe(200)
    }
    const shared = await one.store.list({ limit: 100, sort: 'title' })
    expect(shared.data.filter(({ sources }) => sources.length === 2).length).toBeGreaterThan(0)
  })

  it('embeds a text once, however often its batch is planned again', async () => {
    const lib = await openLibrary(tempDir(), yielding())
    await Promise.all([add(lib, half(0, 64), { source: 'a.jsonl' }), add(lib, half(100, 164), { source: 'b.jsonl' })])
    expect(lib.embedder.texts).toHaveLength(128)
  })
})

describe('an export', () => {
  it('goes into an empty index without the model, and gives the same papers and vectors', async () => {
    const from = await library()
    const extra = {
      title: 'Rich',
      doi: '10.1000/r',
      authors: ['Ada'],
      organization: { handle: 'a', name: 'A' },
      publishedAt: '2020-01-02',
      dateInferred: true,
    }
    await add(from, [...someRecords(100), extra, { id: 'own', title: 'Own id' }, { title: 'Rich', doi: '10.1000/s' }])
    const lines: string[] = []
    for await (const record of exportPapers(from)) lines.push(JSON.stringify(record))
    const to = await library()
    const report = await add(
      to,
      lines.map((line) => JSON.parse(line)),
      { source: 'export.jsonl' },
    )
    expect(report).toMatchObject({ added: 103, embedded: 0, rejected: 0 })
    expect(await contents(to)).toEqual(await contents(from))
  })
})
