import { beforeEach, describe, expect, it } from 'vitest'
import { List, MAX_OFFSET, SearchRequest, SimilarRequest, SimilarTextRequest } from '../../src/domain/query.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { searchPapers } from '../../src/services/search.ts'
import { similarPapers } from '../../src/services/similar.ts'
import { similarToText } from '../../src/services/similar-text.ts'
import { add, type Library, openLibrary } from '../support/library.ts'
import { createRandom, pick } from '../support/random.ts'
import { someRecords } from '../support/records.ts'

const COUNT = 260
const RECORDS = someRecords(COUNT)
const MODES = ['hybrid', 'dense', 'lexical'] as const

let library: Library
beforeEach(async () => {
  library = await openLibrary()
  await add(library, RECORDS)
  await fillSentences(library)
})

const search = (query: string, rest: object = {}) => searchPapers(library, SearchRequest.parse({ query, ...rest }))
const similar = (id: string, rest: object = {}) => similarPapers(library, SimilarRequest.parse({ id, ...rest }))
const similarTo = (body: object) => similarToText(library, SimilarTextRequest.parse(body))
const titles = ({ data }: List) => data.map(({ title }) => title)
const untimed = ({ tookMs: _, ...list }: List) => list

/** Follows `next` to the end. */
async function everyPage(ask: (offset: number) => Promise<List>): Promise<List[]> {
  const pages: List[] = []
  for (let offset: number | null = 0; offset !== null; offset = pages.at(-1)?.next ?? null)
    pages.push(await ask(offset))
  return pages
}

describe('the explanation of a hybrid search', () => {
  it('names the place among all neighbours, also behind the candidates', async () => {
    const question = 'ribosomes folding under pressure'
    const all = (mode: string) => everyPage((offset) => search(question, { mode, offset, limit: 65, explain: true }))
    const near = (await all('dense')).flatMap(({ data }) => data)
    const places = new Map(near.map(({ id, rank }) => [id, rank]))
    const hits = (await all('hybrid')).flatMap(({ data }) => data)
    const listed = hits.filter(({ explain }) => explain?.dense)
    expect(listed.length).toBeGreaterThan(150)
    expect(listed.map(({ explain }) => explain?.dense?.rank)).toEqual(listed.map(({ id }) => places.get(id)))
  })
})

describe.each(MODES)('searchPapers, %s', (mode) => {
  it('answers with a List', async () => {
    for (const explain of [true, false]) {
      const list = await search('ribosomes folding under pressure', { mode, explain })
      expect(List.parse(list)).toEqual(list)
      expect(list.data).toHaveLength(10)
      expect(list.data.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      expect(list.data.every((hit) => 'explain' in hit === explain)).toBe(true)
      const scores = list.data.map(({ score }) => score)
      expect(scores).toEqual([...scores].sort((one, other) => other - one))
      expect(list.index).toMatchObject({ generation: library.store.generation(), engine: 'hnswlib', degraded: [] })
    }
  })

  it('finds a paper by its title', async () => {
    // The toy vectors of a title alone are a little way from those of title and abstract.
    const limit = mode === 'dense' ? 20 : 1
    for (const { title } of RECORDS.slice(0, 60)) expect(titles(await search(title, { mode, limit }))).toContain(title)
  })

  it('pages through everything once, whatever the size of a page', async () => {
    const query = 'otters and glaciers at night'
    const whole: string[] = []
    for (const limit of [100, 37]) {
      const pages = await everyPage((offset) => search(query, { mode, limit, offset }))
      const listed = pages.flatMap(titles)
      expect(listed).toHaveLength(pages[0]?.total ?? 0)
      expect(new Set(listed).size).toBe(listed.length)
      expect(pages.flatMap(({ data }) => data.map(({ rank }) => rank))).toEqual(listed.map((_, at) => at + 1))
      if (whole.length > 0) expect(listed).toEqual(whole)
      whole.push(...listed)
    }
  })

  it('gives the same answer to the same request', async () => {
    const ask = async () => untimed(await search('lanterns timing', { mode, explain: true, limit: 50 }))
    expect(await ask()).toEqual(await ask())
  })

  it('takes any text', async () => {
    const random = createRandom(41)
    const pieces = [
      '"',
      '*',
      'AND',
      'NEAR(',
      '🚀',
      '\ud800',
      '深層',
      '\u0000',
      '$',
      '\\',
      '{',
      'otters',
      ' ',
      "'",
      ':',
      '^',
    ]
    for (let round = 0; round < 100; round += 1) {
      const query = Array.from({ length: 6 }, () => pick(random, pieces)).join('')
      const request = SearchRequest.safeParse({ query, mode })
      if (request.success) List.parse(await searchPapers(library, request.data))
    }
  })

  it('is empty behind the end', async () => {
    expect(await search('otters', { mode, offset: MAX_OFFSET })).toMatchObject({ data: [], next: null })
  })
})

describe('searchPapers', () => {
  it('explains what each side thought of a hit', async () => {
    const { data } = await search('ribosomes folding', { explain: true })
    const values = data.map(({ explain }) => explain?.fusion ?? 0)
    expect(values).toEqual([...values].sort((one, other) => other - one))
    expect(data.every(({ explain }) => explain?.dense || explain?.lexical)).toBe(true)
    expect(data[0]?.explain?.lexical?.terms).toEqual(['ribosomes', 'folding'])
  })

  it('does without the stages that the request leaves out', async () => {
    const plain = await search('ribosomes folding', { explain: true, without: ['lexical'] })
    expect(plain.data.every(({ explain }) => explain?.lexical === null)).toBe(true)
    const title = RECORDS[3]?.title ?? ''
    const unnamed = await search(title, { explain: true, without: ['exact-match'] })
    expect(unnamed.data[0]?.explain?.boosts).toEqual([])
  })

  it('leaves out hits below minScore, and ends the list with them', async () => {
    const all = await search('ribosomes folding', { limit: 50 })
    const minScore = all.data[4]?.score ?? 0
    const strong = await search('ribosomes folding', { limit: 50, minScore })
    expect(strong.data).toEqual(all.data.filter(({ score }) => score >= minScore))
    expect(strong).toMatchObject({ total: strong.data.length, next: null })
  })

  it('puts the paper whose title or id was typed in front', async () => {
    const title = RECORDS[0]?.title ?? ''
    const [hit] = (await search(title.toUpperCase().replaceAll(' ', '  '), { explain: true })).data
    expect(hit).toMatchObject({ title, score: 1, explain: { boosts: [{ name: 'exact-match' }] } })
    expect(titles(await search(hit?.id ?? '', { limit: 1 }))).toEqual([title])
  })

  it('finds a word that only one side knows', async () => {
    await add(library, [{ title: 'Zyzzyva', abstract: 'A weevil.' }], { source: 'b.jsonl' })
    expect(titles(await search('zyzzyvas', { mode: 'lexical' }))).toEqual(['Zyzzyva'])
    expect(titles(await search('zyzzyvas', { mode: 'hybrid' }))).toContain('Zyzzyva')
  })

  it('compares with every vector where it is asked to', async () => {
    expect((await search('otters', { mode: 'dense', exact: true })).index.plan).toBe('exact')
    expect((await search('otters', { mode: 'dense', ef: 300 })).index.plan).toBe('ann')
  })

  it('does not give a deleted paper', async () => {
    const [first] = (await search('otters sorting')).data
    await library.store.remove(first?.id ?? '')
    for (const mode of MODES)
      expect(titles(await search('otters sorting', { mode, limit: 100 }))).not.toContain(first?.title)
  })

  it('answers on an empty index', async () => {
    const empty = await openLibrary()
    for (const mode of MODES) {
      const list = await searchPapers(empty, SearchRequest.parse({ query: 'otters', mode }))
      expect(list).toMatchObject({ data: [], total: 0, next: null })
    }
  })
})

describe('similarPapers', () => {
  it('lists every other paper once, never the paper itself', async () => {
    const [self] = (await search('tides tracing')).data
    const pages = await everyPage((offset) => similar(self?.id ?? '', { limit: 60, offset }))
    const ids = pages.flatMap(({ data }) => data.map(({ id }) => id))
    expect(new Set(ids).size).toBe(COUNT - 1)
    expect(ids).not.toContain(self?.id)
    for (const page of pages) expect(List.parse(page)).toMatchObject({ total: COUNT - 1 })
  })

  it('takes arXiv ids and DOIs, and explains the similarity', async () => {
    const near = [
      { title: 'Reeds', abstract: 'Reeds hum at dusk by the pond.', arxivId: '2304.00001', doi: '10.1000/r' },
      { title: 'Reeds again', abstract: 'Reeds hum at dusk by the pond.' },
    ]
    await add(library, near, { source: 'b.jsonl' })
    for (const id of ['arxiv:2304.00001v2', 'doi:10.1000/R']) {
      const { data } = await similar(id, { explain: true, limit: 1 })
      const [hit] = data
      expect(hit).toMatchObject({ title: 'Reeds again', explain: { dense: { rank: 1 }, lexical: null, fusion: null } })
      expect(hit?.explain?.dense?.similarity).toBe(hit?.score)
    }
  })

  it('says PAPER_NOT_FOUND for an id that no paper has', async () => {
    await expect(similar('nobody')).rejects.toMatchObject({ code: 'PAPER_NOT_FOUND' })
  })

  it('is empty beside a single paper', async () => {
    const alone = await openLibrary()
    await add(alone, [{ title: 'Alone' }])
    const [paper] = (await alone.store.list({ limit: 1, sort: 'title' })).data
    const list = await similarPapers(alone, SimilarRequest.parse({ id: paper?.id }))
    expect(list).toMatchObject({ data: [], total: 0, next: null })
  })
})

describe('similarToText', () => {
  it('finds a paper by its abstract and title, pasted', async () => {
    for (const { title, abstract } of RECORDS.slice(0, 30)) {
      const [hit] = (await similarTo({ title, abstract, limit: 1 })).data
      expect(hit?.title).toBe(title)
      expect(hit?.score).toBeCloseTo(1, 5)
    }
  })

  it('takes plain text, pages and explains', async () => {
    const text = RECORDS[5]?.abstract
    const pages = await everyPage((offset) => similarTo({ text, offset, limit: 90, explain: true }))
    expect(new Set(pages.flatMap(titles)).size).toBe(COUNT)
    expect(List.parse(pages[0]).data[0]?.explain?.dense?.rank).toBe(1)
  })

  it('reads a draft as a paper, not as a question', async () => {
    const kinds: string[] = []
    const { embedder } = library
    const embed: typeof embedder.embed = (texts, kind, signal) => {
      kinds.push(kind)
      return embedder.embed(texts, kind, signal)
    }
    const deps = { ...library, embedder: { ...embedder, embed } }
    await similarToText(deps, SimilarTextRequest.parse({ text: 'otters' }))
    await searchPapers(deps, SearchRequest.parse({ query: 'otters' }))
    expect(kinds).toEqual(['passage', 'query'])
  })
})
