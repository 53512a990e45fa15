import { beforeEach, describe, expect, it } from 'vitest'
import { ingest } from '../../src/services/ingest.ts'
import { matchTitle } from '../../src/services/papers.ts'
import { stored } from '../support/changes.ts'
import { add, items, type Library, openLibrary } from '../support/library.ts'
import { someRecords } from '../support/records.ts'

let library: Library
beforeEach(async () => {
  library = await openLibrary()
})

const all = async () => (await library.store.list({ limit: 100, sort: 'title' })).data
const ids = async () => (await all()).map(({ id }) => id).sort()
const counts = ({ added, updated, unchanged, embedded }: Awaited<ReturnType<typeof add>>) => [
  added,
  updated,
  unchanged,
  embedded,
]

describe('one paper', () => {
  it('is one paper in several files, with what each of them knows', async () => {
    const base = { title: 'Reed Beds at Dusk', abstract: 'Reeds hum.' }
    await add(library, [{ ...base, publishedAt: '2023-04-05', dateInferred: true }], { source: 'page.txt' })
    await add(library, [{ title: 'Reed beds at dusk!', authors: ['Ada Reed'], arxivId: '2304.00001v2' }], {
      source: 'x.bib',
    })
    await add(library, [{ title: 'Reed Beds at Dusk', arxivId: '2304.00001', publishedAt: '2023-04-01' }], {
      source: 'y.xml',
    })
    const [paper, ...others] = await all()
    expect(others).toEqual([])
    expect(paper).toMatchObject({
      abstract: 'Reeds hum.',
      authors: ['Ada Reed'],
      arxivId: '2304.00001',
      publishedAt: '2023-04-01',
      dateInferred: false,
      sources: ['page.txt', 'x.bib', 'y.xml'],
    })
  })

  it('is one paper in one batch, too, and its text is embedded once', async () => {
    const records = [
      { title: 'Reed Beds', abstract: 'Early.' },
      { title: 'reed beds', abstract: 'Late.', doi: '10.1000/r' },
      { title: 'Reed Beds, revised', doi: 'https://doi.org/10.1000/R' },
    ]
    expect(counts(await add(library, records))).toEqual([1, 2, 0, 1])
    expect(await all()).toMatchObject([{ title: 'Reed Beds, revised', abstract: 'Late.' }])
    await expect(matchTitle(library, 'Reed Beds')).rejects.toMatchObject({ code: 'PAPER_NOT_FOUND' })
  })

  it("is found by arXiv's DOI as by the arXiv id", async () => {
    await add(library, [{ title: 'First name', arxivId: '2304.00001' }])
    await add(library, [{ title: 'Second name', doi: '10.48550/arXiv.2304.00001' }], { source: 'b.bib' })
    expect(await all()).toMatchObject([{ title: 'Second name', arxivId: '2304.00001' }])
  })

  it('keeps the id of its source', async () => {
    await add(library, [{ id: 'own-1', title: 'Reeds' }])
    expect(await ids()).toEqual(['own-1'])
  })

  it('keeps the id that it was given first, and answers to one that a source gives later', async () => {
    await add(library, [{ title: 'Reeds', abstract: 'A.' }])
    const [first] = await ids()
    await add(library, [{ id: 'own-1', title: 'Reeds', abstract: 'A.' }], { source: 'b.jsonl' })
    expect(await ids()).toEqual([first])
    expect((await stored(library.store, 'own-1')).paper.id).toBe(first)
  })

  it('can be asked for by an id that looks like an arXiv id', async () => {
    await add(library, [{ id: 'arXiv:2304.00001', title: 'Reeds' }])
    expect((await stored(library.store, 'arXiv:2304.00001')).paper.title).toBe('Reeds')
    expect(await library.store.remove('arXiv:2304.00001')).toBe(true)
  })
})

describe('two papers of one title', () => {
  const one = { title: 'Notes on Reeds', abstract: 'First notes.', arxivId: '2304.00001' }
  const two = { title: 'Notes on Reeds', abstract: 'Second notes.', arxivId: '2304.00002' }

  it('stay two with ids of their own, in whatever order they come again', async () => {
    await add(library, [one, two])
    const before = await ids()
    expect(before).toHaveLength(2)
    expect(counts(await add(library, [two, one]))).toEqual([0, 0, 2, 0])
    expect(counts(await add(library, [two, one], { source: 'b.jsonl' }))).toEqual([0, 2, 0, 0])
    expect(await ids()).toEqual(before)
    for (const { arxivId, abstract } of [one, two]) {
      expect((await stored(library.store, `arxiv:${arxivId}`)).paper.abstract).toBe(abstract)
    }
  })

  it('stay two when their sources gave them ids, also beside a third record without one', async () => {
    const plain = { title: 'Notes on Reeds', abstract: 'Plain notes.' }
    await add(library, [plain])
    await add(library, [{ id: 'x', ...plain }], { source: 'b.jsonl' })
    await add(library, [{ id: 'y', title: plain.title, abstract: 'Other notes.' }], { source: 'c.jsonl' })
    expect((await stored(library.store, 'x')).paper.abstract).toBe('Plain notes.')
    expect((await stored(library.store, 'y')).paper.abstract).toBe('Other notes.')
    expect(await ids()).toHaveLength(2)
  })

  it('stay two when their sources gave them ids, in one batch too', async () => {
    const title = 'Notes on Reeds'
    await add(library, [{ title }, { id: 'x', title, abstract: 'X.' }, { id: 'y', title, abstract: 'Y.' }])
    const abstracts = await Promise.all(['x', 'y'].map(async (id) => (await stored(library.store, id)).paper.abstract))
    expect(abstracts).toEqual(['X.', 'Y.'])
  })

  it.each([
    ['in one batch', 64],
    ['far apart', 1],
  ])('a record of the title alone goes to the same one of them %s', async (_, batchOf) => {
    const records = [two, { title: 'Notes on Reeds', venue: 'Pond Letters' }]
    await add(library, [one])
    for (let at = 0; at < records.length; at += batchOf) {
      await add(library, records.slice(at, at + batchOf), { source: 'b.jsonl' })
    }
    const venues = (await all()).map(({ arxivId, venue }) => [arxivId, venue]).sort()
    expect(venues).toEqual([
      ['2304.00001', 'Pond Letters'],
      ['2304.00002', null],
    ])
  })

  it('get ids of their own even where title, source and former ids are the same', async () => {
    const rename = (id: number) => ({ arxivId: `2304.0000${id}`, title: `Renamed ${id}` })
    for (const id of [1, 2, 3]) {
      await add(library, [{ title: 'Notes' }], { source: 'same.txt' })
      const { key } = await stored(library.store, (await matchTitle(library, 'Notes')).id)
      await add(library, [{ ...rename(id), title: 'Notes' }], { source: 'ids.bib' })
      await add(library, [rename(id)], { source: 'renamed.bib' })
      expect((await stored(library.store, `arxiv:2304.0000${id}`)).key).toBe(key)
    }
    expect(new Set(await ids()).size).toBe(3)
  })
})

describe('the same input again', () => {
  it('embeds and writes nothing', async () => {
    const records = someRecords(150)
    await add(library, records)
    const [generation, texts] = [library.store.generation(), library.embedder.texts.length]
    expect(counts(await add(library, records))).toEqual([0, 0, 150, 0])
    expect([library.store.generation(), library.embedder.texts.length]).toEqual([generation, texts])
  })

  it('does not flip between duplicates of one file', async () => {
    const records = [
      { title: 'Reeds', abstract: 'One.' },
      { title: 'Reeds', abstract: 'Two.' },
      { title: 'REEDS', abstract: 'Three.' },
    ]
    await add(library, records)
    for (let round = 0; round < 3; round += 1) {
      expect(counts(await add(library, records))).toEqual([0, 0, 3, 0])
      expect(await all()).toMatchObject([{ abstract: 'Three.' }])
    }
  })

  it('takes an unchanged record beside a changed one of another file for unchanged', async () => {
    const record = { title: 'Reeds', abstract: 'Of b.' }
    await add(library, [record], { source: 'b.jsonl' })
    async function* both() {
      yield* items([{ title: 'Reeds', abstract: 'Of a.' }], 'a.jsonl')
      yield* items([record], 'b.jsonl')
    }
    const report = await ingest(library, both(), { run: 'both' })
    expect(report).toMatchObject({ updated: 1, unchanged: 1 })
    expect(await all()).toMatchObject([{ abstract: 'Of a.' }])
  })
})

describe('a changed record', () => {
  const before = { title: 'Reeds', abstract: 'Herons stalk between stems.' }
  const after = { title: 'Reeds', abstract: 'Turbines whirl above waves.' }
  const nearest = async (text: string) => {
    const [vector] = await library.embedder.embed([text], 'passage')
    return (await library.index.search({ vector: vector as Float32Array, limit: 100 })).neighbours
  }

  it('replaces the vector and the words of its abstract', async () => {
    await add(library, [before, ...someRecords(30)])
    const { key } = await stored(library.store, (await matchTitle(library, 'Reeds')).id)
    const generation = library.store.generation()
    expect(counts(await add(library, [after]))).toEqual([0, 1, 0, 1])
    expect(library.store.changesAfter(generation)).toMatchObject({ added: [{ key }], removed: [{}] })
    expect((await library.store.lexical(['heron'], 5)).total).toBe(0)
    expect((await library.store.lexical(['turbine'], 5)).matches).toMatchObject([{ key }])
    expect(await nearest('Reeds. Turbines whirl above waves.')).toMatchObject({
      0: { key, similarity: expect.closeTo(1, 5) },
    })
    const found = await nearest('Reeds. Herons stalk between stems.')
    expect(found.filter((each) => each.key === key)).toHaveLength(1)
    expect(found.find((each) => each.key === key)?.similarity).toBeLessThan(0.9)
  })

  it('is not embedded again where only its metadata changed', async () => {
    await add(library, [before])
    const generation = library.store.generation()
    expect(counts(await add(library, [{ ...before, venue: 'Pond Letters', authors: ['Ada'] }]))).toEqual([0, 1, 0, 0])
    expect(library.store.changesAfter(generation)).toMatchObject({ added: [], removed: [] })
    expect(await all()).toMatchObject([{ venue: 'Pond Letters', authors: ['Ada'] }])
  })

  it('keeps the abstract and its vector where a source has none', async () => {
    await add(library, [before])
    expect(counts(await add(library, [{ title: 'Reeds' }], { source: 'titles.txt' }))).toEqual([0, 1, 0, 0])
    expect(await all()).toMatchObject([{ abstract: before.abstract }])
  })
})
