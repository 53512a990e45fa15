import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Embedder } from '../../src/domain/models.ts'
import { WorkerPool } from '../../src/embed/worker-pool.ts'
import { add, countingEmbedder, DIMENSION, openLibrary, openStore } from '../support/library.ts'
import { tempDir } from '../support/temp-dir.ts'

const SCRIPT = fileURLToPath(new URL('../fixtures/mortal-worker.mjs', import.meta.url))
const DEATHS = process.env.KINDRED_FULL ? 100 : 12
const WAYS = ['kill', 'abort', 'throw', 'heap']

let former: string | undefined
beforeEach(() => {
  former = process.env.NODE_OPTIONS
  // So that the heap of a worker is full soon.
  process.env.NODE_OPTIONS = '--max-old-space-size=64'
})
afterEach(() => {
  if (former === undefined) delete process.env.NODE_OPTIONS
  else process.env.NODE_OPTIONS = former
})

interface Mortal extends Embedder {
  readonly replaced: string[]
}

/** Real worker processes in a pool, without a model. */
function mortalEmbedder(): Mortal {
  const replaced: string[] = []
  const folder = tempDir()
  const load = { type: 'load', folder, dtype: 'q8', pooling: 'mean', maxTokens: 8, dimension: DIMENSION } as const
  const pool = new WorkerPool({ script: SCRIPT, size: 2, load, onReplaced: (why) => replaced.push(why) })
  onTestFinished(() => pool.close())
  const { fingerprint, model, countTokens } = countingEmbedder('mortal')
  const embed: Embedder['embed'] = (texts, kind, signal) => pool.embed(texts, kind, signal)
  return { fingerprint, model, dimension: DIMENSION, embed, countTokens, replaced, close: () => pool.close() }
}

const record = (n: number, abstract: string) => ({ id: `p${n}`, title: `Paper number ${n}`, abstract })
const deadly = (n: number) => record(n, `This one dies by ${WAYS[n % WAYS.length]} ${n} and is read again.`)
const harmless = (n: number) => record(n, `Nothing is the matter with the abstract of paper ${n}.`)

describe('workers that die in the middle of batches', () => {
  it(`lose no paper, by signal, abort, exception or full heap: ${DEATHS} deaths`, {
    timeout: 10 * 60_000,
  }, async () => {
    const embedder = mortalEmbedder()
    const library = await openLibrary(tempDir(), { ...embedder, texts: [] })
    const records = Array.from({ length: 2 * DEATHS }, (_, n) => (n % 2 === 0 ? deadly(n / 2) : harmless(DEATHS + n)))
    const report = await add(library, records)
    expect(report).toMatchObject({ added: 2 * DEATHS, rejected: 0, refused: [] })
    expect(embedder.replaced).toEqual(new Array(DEATHS).fill('died'))
    await library.index.close()
    const store = openStore(library.dir, embedder)
    expect((await store.get(records.map(({ id }) => id))).map((found) => found?.paper.abstract)).toEqual(
      records.map(({ abstract }) => abstract),
    )
    expect(store.allVectors().count).toBe(2 * DEATHS)
  })
})

describe('a paper that ends every worker', () => {
  it('is parked with its line and its reason, and the rest of its batch goes in', async () => {
    const embedder = mortalEmbedder()
    const library = await openLibrary(tempDir(), { ...embedder, texts: [] })
    const records = Array.from({ length: 20 }, (_, n) => (n === 7 ? record(n, 'It is poison.') : harmless(n)))
    const report = await add(library, records)
    expect(report).toMatchObject({ added: 19, rejected: 1, embedded: 19 })
    expect(report.refused).toMatchObject([{ line: 8, error: { code: 'EMBEDDING_FAILED' } }])
    expect(report.refused[0]?.error.message).toBe('3 workers ended with it (SIGKILL).')
    expect(embedder.replaced).toEqual(['died', 'died', 'died'])
    expect(library.counted).toEqual(['papers_parked'])
    expect(await library.store.get(['p6', 'p7', 'p8'])).toMatchObject([{ key: 7 }, null, { key: 8 }])
  })

  it('costs as many workers each time it comes, and none of the papers that are in', async () => {
    const embedder = mortalEmbedder()
    const library = await openLibrary(tempDir(), { ...embedder, texts: [] })
    const records = [harmless(1), record(2, 'It is poison.'), harmless(3)]
    await add(library, records)
    const again = await add(library, records)
    expect(again).toMatchObject({ added: 0, unchanged: 2, rejected: 1, embedded: 0 })
    expect(embedder.replaced).toHaveLength(6)
  })

  it('leaves the abstract that was there when it is a new one', async () => {
    const library = await openLibrary(tempDir(), { ...mortalEmbedder(), texts: [] })
    await add(library, [harmless(1)])
    const report = await add(library, [record(1, 'It is poison.'), harmless(2)], { source: 'b.jsonl' })
    expect(report).toMatchObject({ added: 1, updated: 0, rejected: 1 })
    expect((await library.store.get(['p1']))[0]?.paper.abstract).toBe(harmless(1).abstract)
  })

  it('takes no other record of the same paper along', async () => {
    const library = await openLibrary(tempDir(), { ...mortalEmbedder(), texts: [] })
    const records = [harmless(1), record(1, 'It is poison.'), { id: 'p1', title: 'Paper number 1', venue: 'ECCV' }]
    const report = await add(library, records)
    expect(report.refused.map(({ line }) => line)).toEqual([2])
    expect((await library.store.get(['p1']))[0]?.paper).toMatchObject({ abstract: harmless(1).abstract, venue: 'ECCV' })
  })

  it('stops a strict run, which keeps what came before', async () => {
    const library = await openLibrary(tempDir(), { ...mortalEmbedder(), texts: [] })
    const records = [harmless(1), harmless(2), record(3, 'It is poison.'), harmless(4)]
    await expect(add(library, records, { strict: true })).rejects.toMatchObject({ code: 'EMBEDDING_FAILED' })
    expect((await library.store.get(['p1', 'p2', 'p3', 'p4'])).map((found) => found?.key ?? null)).toEqual([
      1,
      2,
      null,
      null,
    ])
  })
})
