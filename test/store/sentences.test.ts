import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { sentencesHash } from '../../src/domain/identity.ts'
import type { NewSentences, PaperStore, StoredPaper } from '../../src/domain/ports.ts'
import { quantise } from '../../src/domain/quantise.ts'
import { createGenerations } from '../../src/store/generation.ts'
import { openPaperStore } from '../../src/store/papers.ts'
import { SentenceCache } from '../../src/store/sentence-cache.ts'
import { SentenceMemory } from '../../src/store/sentence-memory.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { change, paper, stored, writeAll } from '../support/changes.ts'
import { openStore, SPACE } from '../support/library.ts'
import { createRandom, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(21)
const vector = () => randomVector(random, SPACE.dimension)

const setFor = ({ key, paper }: StoredPaper, count = 2): NewSentences => ({
  key,
  textHash: sentencesHash(paper),
  title: vector(),
  sentences: Array.from({ length: count }, (_, at) => ({ start: at * 10, end: at * 10 + 9, vector: vector() })),
})

async function withPapers(count: number, dir = tempDir()) {
  const store = openStore(dir)
  const papers = Array.from({ length: count }, (_, at) => paper(`Kite ${at}`, { abstract: 'It flies. It falls.' }))
  await writeAll(
    store,
    papers.map((each) => change(each, vector())),
  )
  return { dir, store, missing: await store.missingSentences(count) }
}

const QUERY = vector()

/** What comparing with one paper gives; undefined where its vectors are not there. */
async function read(store: PaperStore, { key }: Pick<StoredPaper, 'key'>, query = QUERY) {
  const near = await store.compareSentences(query, [key])
  const [title, ...sentences] = near.values.subarray(near.starts[0], near.starts[1])
  return title === undefined ? undefined : { title, sentences, spans: near.spansOf(0) }
}

/** How many of the papers have their vectors. */
async function held(store: PaperStore, papers: readonly StoredPaper[]): Promise<number> {
  const { starts } = await store.compareSentences(
    QUERY,
    papers.map(({ key }) => key),
  )
  return papers.filter((_, place) => starts[place] !== starts[place + 1]).length
}

/** Their cosine in double precision, the second one in 8 bits a component. */
function cosine(one: Float32Array, other: Float32Array): number {
  const codes = quantise(other)
  let [sum, squares] = [0, 0]
  for (const [at, code] of codes.entries()) {
    sum += (one[at] ?? 0) * code
    squares += code * code
  }
  return sum / Math.sqrt(squares)
}

describe('sentence vectors', () => {
  it('are the same without the titles', async () => {
    const { store, missing } = await withPapers(6)
    // The last one has none yet, and the one before it has no sentence.
    await store.addSentences(missing.slice(0, 5).map((each, at) => setFor(each, 4 - at)))
    const keys = missing.map(({ key }) => key)
    // The first time all of them are read, the second time none.
    for (let round = 0; round < 2; round += 1) {
      const known = round === 0 ? keys : keys.slice(0, 5)
      const [bare, whole] = [store.compareSentences(QUERY, known, false), store.compareSentences(QUERY, known)]
      for (const place of known.keys()) {
        const all = whole.values.subarray(whole.starts[place], whole.starts[place + 1])
        expect(bare.values.subarray(bare.starts[place], bare.starts[place + 1])).toEqual(all.subarray(1))
        expect(bare.spansOf(place)).toEqual(whole.spansOf(place))
      }
    }
  })

  it('are compared with in 8 bits, and know where the sentences stand', async () => {
    const { store, missing } = await withPapers(1)
    const [found] = missing
    if (!found) throw new Error('the paper is missing')
    const added = setFor(found)
    await store.addSentences([added])
    const set = await read(store, found)
    expect(set?.spans).toEqual([
      [0, 9],
      [10, 19],
    ])
    expect(set?.title).toBeCloseTo(cosine(QUERY, added.title), 7)
    expect(set?.sentences).toHaveLength(2)
    for (const [at, sentence] of added.sentences.entries()) {
      expect(set?.sentences[at]).toBeCloseTo(cosine(QUERY, sentence.vector), 7)
    }
  })

  it('are missing until they are added, without a new generation', async () => {
    const { store, missing } = await withPapers(3)
    const generation = store.generation()
    expect(missing).toHaveLength(3)
    await store.addSentences(missing.slice(0, 2).map((each) => setFor(each)))
    expect(await store.missingSentences(9)).toMatchObject([{ key: missing[2]?.key }])
    expect((await store.stats()).sentences).toEqual({ papers: 2, failed: 0 })
    expect(await held(store, missing)).toBe(2)
    expect(store.generation()).toBe(generation)
    expect(store.changesAfter(generation)).toMatchObject({ added: [], removed: [] })
  })

  it('of a paper without an abstract are those of its title', async () => {
    const { store, missing } = await withPapers(1)
    await store.addSentences(missing.map((each) => setFor(each, 0)))
    const set = missing[0] && (await read(store, missing[0]))
    expect(set).toEqual({ title: expect.any(Number), sentences: [], spans: [] })
    expect(await store.missingSentences(9)).toEqual([])
  })

  it.each([
    ['abstract', { abstract: 'It flies.  It falls.' }],
    ['title', { title: 'Kite 0!' }],
  ])('are dropped when the %s changes, be it by a space', async (_, over) => {
    const { store, missing } = await withPapers(2)
    await store.addSentences(missing.map((each) => setFor(each)))
    const before = await stored(store, missing[0]?.paper.id ?? '')
    await read(store, before)
    await writeAll(store, [change({ ...before.paper, ...over }, null, { key: before.key })])
    expect(await read(store, before)).toBeUndefined()
    expect(await store.missingSentences(9)).toMatchObject([{ key: before.key }])
  })

  it('stay when anything else changes', async () => {
    const { store, missing } = await withPapers(1)
    await store.addSentences(missing.map((each) => setFor(each)))
    const { key, paper: before } = await stored(store, missing[0]?.paper.id ?? '')
    await writeAll(store, [change({ ...before, venue: 'V', sources: ['other'] }, null, { key })])
    expect(await store.missingSentences(9)).toEqual([])
  })

  it('that were made of a former text are left out', async () => {
    const { store, missing } = await withPapers(1)
    const late = missing.map((each) => setFor(each))
    const { key, paper: before } = await stored(store, missing[0]?.paper.id ?? '')
    await writeAll(store, [change({ ...before, abstract: 'New.' }, vector(), { key })])
    await store.addSentences(late)
    expect(await store.missingSentences(9)).toHaveLength(1)
  })

  it('go with their paper', async () => {
    const { dir, store, missing } = await withPapers(2)
    await store.addSentences(missing.map((each) => setFor(each)))
    await store.remove(missing[0]?.paper.id ?? '')
    expect(await held(store, missing)).toBe(1)
    const db = new Sqlite(join(dir, 'papers.db'))
    expect(db.prepare('SELECT count(*) FROM sentences').pluck().get()).toBe(1)
    db.close()
  })

  it('are refused where one is not finite or of another length, and none of the batch is kept', async () => {
    const { store, missing } = await withPapers(2)
    const [good, bad] = missing.map((each) => setFor(each))
    if (!good || !bad) throw new Error('two papers are expected')
    for (const wrong of [new Float32Array(3), vector().fill(Number.NaN)]) {
      await expect(store.addSentences([good, { ...bad, title: wrong }])).rejects.toThrow(RangeError)
    }
    expect((await store.stats()).sentences.papers).toBe(0)
  })

  it('of another process are seen, also new ones of a changed text', async () => {
    const { dir, store, missing } = await withPapers(1)
    const other = openStore(dir)
    await other.addSentences(missing.map((each) => setFor(each, 2)))
    const { key, paper: before } = await stored(store, missing[0]?.paper.id ?? '')
    expect((await read(store, { key }))?.spans).toHaveLength(2)
    await writeAll(other, [change({ ...before, abstract: 'New.' }, vector(), { key })])
    await other.addSentences((await other.missingSentences(1)).map((each) => setFor(each, 3)))
    await nextTurn()
    expect((await read(store, { key }))?.spans).toHaveLength(3)
  })

  it('of another model are out of sight and can be dropped', async () => {
    const { dir, store, missing } = await withPapers(1)
    await store.addSentences(missing.map((each) => setFor(each)))
    const other = openStore(dir, { ...SPACE, fingerprint: 'other@1' })
    expect(await other.missingSentences(9)).toHaveLength(1)
    await other.dropForeignVectors()
    expect((await store.stats()).sentences.papers).toBe(0)
  })

  it('that fail three times are given up until the paper changes or all are tried again', async () => {
    const { store, missing } = await withPapers(1)
    const failed = missing.map((each) => setFor(each))[0]
    if (!failed) throw new Error('a paper is expected')
    expect(await store.noteSentenceFailure(failed)).toBe(false)
    expect(await store.noteSentenceFailure(failed)).toBe(false)
    expect(await store.missingSentences(9)).toHaveLength(1)
    expect(await store.noteSentenceFailure(failed)).toBe(true)
    expect(await store.missingSentences(9)).toEqual([])
    expect((await store.stats()).sentences).toEqual({ papers: 0, failed: 1 })
    expect(await read(store, await stored(store, missing[0]?.paper.id ?? ''))).toBeUndefined()
    await store.retrySentences()
    expect(await store.missingSentences(9)).toHaveLength(1)
    await store.addSentences([failed])
    expect((await store.stats()).sentences).toEqual({ papers: 1, failed: 0 })
  })

  it('are neither missing nor read where evidence is off', async () => {
    const { dir, store, missing } = await withPapers(2)
    await store.addSentences(missing.slice(0, 1).map((each) => setFor(each)))
    const off = openPaperStore({ dir, evidence: false }, SPACE)
    expect([off.lacksSentences(), await off.missingSentences(9)]).toEqual([false, []])
    expect(await held(off, missing)).toBe(0)
    await off.close()
  })

  it('are lacking until all are there', async () => {
    const { dir, store, missing } = await withPapers(2)
    expect(store.lacksSentences()).toBe(true)
    await store.addSentences(missing.map((each) => setFor(each)))
    const fresh = openStore(dir)
    expect(fresh.lacksSentences()).toBe(false)
    await writeAll(store, [change(paper('Duck'), vector())])
    await nextTurn()
    expect(fresh.lacksSentences()).toBe(true)
  })

  it('are lacking where those of any one paper are, the newest or another', async () => {
    const { dir, store, missing } = await withPapers(3)
    await store.addSentences(missing.map((each) => setFor(each)))
    for (const { key, paper: old } of missing) {
      await writeAll(store, [change({ ...old, abstract: 'It swims.' }, vector(), { key })])
      expect(openStore(dir).lacksSentences()).toBe(true)
      await store.addSentences((await store.missingSentences(9)).map((each) => setFor(each)))
      expect(openStore(dir).lacksSentences()).toBe(false)
    }
  })

  it('of the newest paper alone are not lacking where the model failed at it three times', async () => {
    const { dir, store, missing } = await withPapers(2)
    await store.addSentences(missing.slice(0, 1).map((each) => setFor(each)))
    const [last] = missing.slice(1).map((each) => setFor(each))
    if (!last) throw new Error('a paper is expected')
    for (const lacks of [true, true, false]) {
      await store.noteSentenceFailure(last)
      expect(openStore(dir).lacksSentences()).toBe(lacks)
    }
  })

  it('are the same whether they were read before, ahead or just now', async () => {
    const { dir, store, missing } = await withPapers(40)
    await store.addSentences(missing.map((each, at) => setFor(each, at % 5)))
    const keys = missing.map(({ key }) => key)
    const fresh = openStore(dir)
    const valuesOf = async (from: PaperStore) => {
      const { values, starts } = await from.compareSentences(QUERY, keys)
      return [...values.subarray(0, starts[keys.length])]
    }
    const values = await valuesOf(store)
    expect(values).toEqual(await valuesOf(fresh))
    expect(values).toEqual(await valuesOf(store))
    const parts = await Promise.all(missing.map((each) => read(fresh, each)))
    expect(parts.flatMap((part) => (part ? [part.title, ...part.sentences] : []))).toEqual(values)
  })

  it.each([8, 30, 384, 1_024])('are compared with in full precision, of %i components', (dimension) => {
    const memory = new SentenceMemory(dimension, 200)
    for (let round = 0; round < 50; round += 1) {
      const [query, rows] = [
        randomVector(random, dimension),
        Array.from({ length: 9 }, () => randomVector(random, dimension)),
      ]
      memory.write(round, Int8Array.from(rows.flatMap((row) => [...quantise(row)])))
      memory.aim(query)
      const values = new Float64Array(rows.length)
      memory.compare(Uint32Array.of(round, rows.length), { values, nearest: new Float64Array(1), leading: 1 })
      rows.forEach((row, at) => {
        expect(values[at]).toBeCloseTo(cosine(query, row), 6)
      })
    }
  })

  it('are 1 to the same vector and never more, and -1 to one without length', () => {
    const memory = new SentenceMemory(4, 10)
    memory.write(0, Int8Array.of(127, 0, 0, 0, 0, 0, 0, 0))
    memory.aim(Float32Array.of(1.000_000_1, 0, 0, 0))
    const values = new Float64Array(2)
    memory.compare(Uint32Array.of(0, 2), { values, nearest: new Float64Array(1), leading: 1 })
    expect([...values]).toEqual([1, -1])
  })

  it('in memory stay within their budget, and the same as on disk', async () => {
    const { dir, store, missing } = await withPapers(100)
    await store.addSentences(missing.map((each, at) => setFor(each, 1 + (at % 7))))
    const db = new Sqlite(join(dir, 'papers.db'))
    const shape = { fingerprint: 1, dimension: SPACE.dimension, generations: createGenerations(db) }
    const cache = new SentenceCache(db, { ...shape, budget: 15_000 })
    const valuesOf = (keys: readonly number[]) => {
      const { values, starts } = cache.compare(QUERY, keys)
      return [...values.subarray(0, starts[keys.length])]
    }
    const known = new Map<number, readonly number[]>()
    for (const { key } of missing) {
      const near = await store.compareSentences(QUERY, [key])
      known.set(key, [...near.values.subarray(0, near.starts[1])])
    }
    while (cache.readAhead()) expect(cache.bytes).toBeLessThanOrEqual(15_000)
    for (let round = 0; round < 500; round += 1) {
      const keys = missing.filter(() => random() < 0.1).map(({ key }) => key)
      expect(valuesOf(keys)).toEqual(keys.flatMap((key) => known.get(key) ?? []))
      const again = cache.compare(QUERY, keys)
      for (const [place] of keys.entries()) {
        const rows = (again.starts[place + 1] ?? 0) - (again.starts[place] ?? 0)
        expect(again.spansOf(place)).toHaveLength(rows - 1)
      }
      expect(cache.bytes).toBeLessThanOrEqual(15_000)
    }
    expect(cache.bytes).toBeGreaterThan(10_000)
    db.close()
  })
})

describe('highlights', () => {
  const mark = async (text: string, ...terms: string[]): Promise<string[]> => {
    const store = openStore(tempDir())
    const [found] = await store.highlights([{ title: '', abstract: text }], terms)
    return (found?.abstract ?? []).map(([start, end]) => text.slice(start, end))
  }

  it('mark the words that the text index finds, stemmed and without accents', async () => {
    expect(await mark('Flying kites: a kite flies, its kiting crew naïve.', 'kite', 'naive')).toEqual([
      'kites',
      'kite',
      'kiting',
      'naïve',
    ])
  })

  it('stand right behind characters that the index folds', async () => {
    expect(
      await mark('The ﬁrst ½ of 🪁🪁 ｆｕｌｌ e\u0301tude \u0001 kites\u0000', 'kite', 'first', 'full', 'étude'),
    ).toEqual(['ﬁrst', 'ｆｕｌｌ', 'e\u0301tude', 'kites'])
  })

  it('mark Chinese words inside a run of letters', async () => {
    expect(await mark('我们研究风筝如何飞行。', '风筝')).toEqual(['风筝'])
  })

  it('tell title from abstract, and are none where no term stands', async () => {
    const store = openStore(tempDir())
    const texts = [
      { title: 'Kites', abstract: 'A duck.' },
      { title: 'Geese', abstract: 'None.' },
    ]
    expect(await store.highlights(texts, ['kite', 'duck', 'x"y'])).toEqual([
      { title: [[0, 5]], abstract: [[2, 6]] },
      { title: [], abstract: [] },
    ])
    expect(await store.highlights(texts, [])).toEqual([texts, texts].map(() => ({ title: [], abstract: [] })))
  })
})
