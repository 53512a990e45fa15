import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { List } from '../../src/domain/query.ts'
import { openApp, post } from './open-app.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

interface Page {
  readonly total: number
  readonly offset: number
  readonly next?: number
  readonly data: readonly Record<string, unknown>[]
}
interface Recommended {
  readonly recommendedPapers: readonly Record<string, unknown>[]
}
const GRAPH = '/graph/v1/paper'
const RECOMMENDATIONS = '/recommendations/v1/papers'
const idsOf = (papers: readonly Record<string, unknown>[]) => papers.map(({ paperId }) => paperId)

describe('GET /graph/v1/paper/search', () => {
  const search = (parameters: string) => app.json<Page>(`${GRAPH}/search?${parameters}`)

  it('lists what the search lists, a page at a time, with `next` until the end', async () => {
    const { data } = await app.json<List>('/v1/search?q=water+level&limit=7')
    const first = await search('query=water+level&limit=4')
    expect(first).toMatchObject({ total: 7, offset: 0, next: 4 })
    const second = await search('query=water+level&limit=4&offset=4')
    expect(second).toMatchObject({ total: 7, offset: 4 })
    expect(second).not.toHaveProperty('next')
    expect(idsOf([...first.data, ...second.data])).toEqual(data.map(({ id }) => id))
    expect(first.data[0]).toEqual({ paperId: data[0]?.id, title: data[0]?.title })
  })

  it('shows the fields asked for, what it cannot know as null', async () => {
    const fields =
      'externalIds,url,abstract,year,venue,publicationDate,openAccessPdf,isOpenAccess,citationCount,authors,score'
    const { data } = await search(`query=tide&year=2021&fields=${fields}`)
    expect(data).toEqual([
      {
        paperId: 'tide-clocks',
        externalIds: { ArXiv: '2103.01234' },
        url: 'https://arxiv.org/abs/2103.01234',
        abstract: expect.stringContaining('gauge'),
        year: 2021,
        venue: '',
        publicationDate: '2021-03-09',
        openAccessPdf: { url: 'https://arxiv.org/pdf/2103.01234', status: null },
        isOpenAccess: true,
        citationCount: null,
        authors: [
          { authorId: null, name: 'Ida Moen' },
          { authorId: null, name: 'Per Lunde' },
        ],
        score: expect.any(Number),
      },
    ])
  })

  it.each([
    ['authors.name', { authors: [{ authorId: null, name: 'Per Lunde' }] }],
    ['authors.hIndex', { authors: [{ authorId: null, hIndex: null }] }],
    ['authors,authors.url', { authors: [{ authorId: null, name: 'Per Lunde', url: null }] }],
    ['externalIds', { externalIds: { DOI: '10.5555/surge/17' } }],
    [
      'citations.title,references.authors.name,embedding.specter_v2,tldr',
      { citations: null, references: null, embedding: null, tldr: null },
    ],
    ['title, year', { title: 'Storm Surge Forecasting from Harbour Gauges', year: 2022 }],
  ])('projects %s', async (fields, expected) => {
    const { data } = await search(`query=storm+surge&year=2022&fields=${fields}`)
    expect(data).toEqual([{ paperId: 'storm-surge', ...expected }])
  })

  it.each([
    ['year=2020', ['bread-crust', 'sea-ice/2020']],
    ['year=2022-', ['sourdough', 'storm-surge']],
    ['year=-2018', ['glacier-maps']],
    ['venue=Nowhere,Elsewhere', []],
  ])('filters by %s', async (parameter, ids) => {
    expect(idsOf((await search(`query=ice&${parameter}`)).data).toSorted()).toEqual(ids)
  })

  it.each([
    ['query=ice&fields=title,colour,authors.colour', 'Unrecognized or unsupported fields: [colour, authors.colour]'],
    ['query=ice&fields=constructor', 'Unrecognized or unsupported fields: [constructor]'],
    ['query=ice&fields=__proto__.name', 'Unrecognized or unsupported fields: [__proto__.name]'],
    ['query=ice&limit=101', 'limit: '],
    ['fields=title', 'query: '],
    ['query=ice&minCitationCount=3', 'minCitationCount: is not a field of this request'],
    ['query=ice&year=soon', 'year.0: must be a year'],
  ])('tells in `error` what is wrong with %s', async (parameters, error) => {
    const response = await app.request(`${GRAPH}/search?${parameters}`)
    expect(await response.json()).toMatchObject({ status: 400, error: expect.stringContaining(error) })
  })
})

describe('GET /graph/v1/paper/search/match', () => {
  it('finds the paper of a title', async () => {
    const path = `${GRAPH}/search/match?query=sea+ice+segmentation+UNDER+clouds&fields=year`
    expect(await app.json(path)).toEqual({
      data: [{ paperId: 'sea-ice/2020', title: 'Sea Ice Segmentation under Clouds', year: 2020, matchScore: 1 }],
    })
  })

  it('answers 404 where no paper has it', async () => {
    const response = await app.request(`${GRAPH}/search/match?query=sea+ice`)
    expect(await response.json()).toMatchObject({ status: 404, error: expect.stringContaining('sea ice') })
  })
})

describe('GET /graph/v1/paper/{id}', () => {
  it.each([
    ['tide-clocks', 'tide-clocks'],
    ['ARXIV:2103.01234', 'tide-clocks'],
    ['arXiv:2103.01234v2', 'tide-clocks'],
    ['URL:https://arxiv.org/abs/2103.01234', 'tide-clocks'],
    ['URL:https://arxiv.org/pdf/2103.01234.pdf', 'tide-clocks'],
    ['DOI:10.5555/surge/17', 'storm-surge'],
    ['DOI%3A10.5555%2Fsurge%2F17', 'storm-surge'],
    ['URL:https://doi.org/10.5555/surge/17', 'storm-surge'],
    ['sea-ice/2020', 'sea-ice/2020'],
  ])('takes %s', async (id, paperId) => {
    expect(await app.json(`${GRAPH}/${id}`)).toMatchObject({ paperId, title: expect.any(String) })
  })

  it.each(['nobody', 'DOI:10.1/none', 'CorpusId:215416146', 'tide-clocks/citations', 'search/bulk'])(
    'answers 404 for %s',
    async (id) => {
      const response = await app.request(`${GRAPH}/${id}`)
      expect(await response.json()).toMatchObject({ status: 404, code: 'PAPER_NOT_FOUND', error: expect.any(String) })
    },
  )

  it('tells routes that are not there in the same shape', async () => {
    expect(await (await app.request('/graph/v1/author/1')).json()).toMatchObject({
      status: 404,
      error: expect.any(String),
    })
    expect(await (await app.request(`${GRAPH}/batch`, { method: 'PUT' })).json()).toMatchObject({
      status: 405,
      error: expect.any(String),
    })
  })
})

describe('POST /graph/v1/paper/batch', () => {
  it('answers in the order asked for, with null where there is none', async () => {
    const ids = ['DOI:10.5555/surge/17', 'nobody', 'ARXIV:2103.01234']
    expect(await app.json(`${GRAPH}/batch?fields=year`, post({ ids }))).toEqual([
      { paperId: 'storm-surge', year: 2022 },
      null,
      { paperId: 'tide-clocks', year: 2021 },
    ])
  })

  it.each([[[]], [Array(501).fill('tide-clocks')], ['tide-clocks']])(
    'refuses ids that are no list of up to 500: %#',
    async (ids) => {
      const response = await app.request(`${GRAPH}/batch`, post({ ids }))
      expect(await response.json()).toMatchObject({ status: 400, error: expect.stringContaining('ids: ') })
    },
  )
})

describe('GET /recommendations/v1/papers/forpaper/{id}', () => {
  it('lists the neighbours of a paper', async () => {
    const { data } = await app.json<List>('/v1/papers/storm-surge/similar?limit=3')
    const path = `${RECOMMENDATIONS}/forpaper/DOI:10.5555/surge/17?from=all-cs&limit=3&fields=title`
    const { recommendedPapers } = await app.json<Recommended>(path)
    expect(recommendedPapers).toEqual(data.map(({ id, title }) => ({ paperId: id, title })))
  })

  it.each([
    ['nobody', 404],
    ['tide-clocks?limit=501', 400],
    ['tide-clocks?from=everywhere', 400],
  ])('refuses %s with %i', async (path, status) => {
    const response = await app.request(`${RECOMMENDATIONS}/forpaper/${path}`)
    expect(await response.json()).toMatchObject({ status, error: expect.any(String) })
  })
})

describe('POST /recommendations/v1/papers/', () => {
  it('lists papers like some and unlike others', async () => {
    const seeds = { positivePaperIds: ['ARXIV:2103.01234', 'river-gauges'], negativePaperIds: ['bread-crust'] }
    const { data } = await app.json<List>('/v1/recommend', post({ ...seeds, limit: 4 }))
    const { recommendedPapers } = await app.json<Recommended>(`${RECOMMENDATIONS}/?limit=4`, post(seeds))
    expect(idsOf(recommendedPapers)).toEqual(data.map(({ id }) => id))
  })

  it('gives up to 500, all there are, and takes null for no negatives', async () => {
    const seeds = { positivePaperIds: ['tide-clocks'], negativePaperIds: null }
    const { recommendedPapers } = await app.json<Recommended>(`${RECOMMENDATIONS}/?limit=500`, post(seeds))
    expect(recommendedPapers).toHaveLength(6)
  })

  it.each([
    [{ positivePaperIds: [] }, 400],
    [{ negativePaperIds: ['tide-clocks'] }, 400],
    [{ positivePaperIds: ['nobody'] }, 404],
    [{ positivePaperIds: ['tide-clocks'], negativePaperIds: ['ARXIV:2103.01234'] }, 400],
    [{ positivePaperIds: Array(60).fill('tide-clocks'), negativePaperIds: Array(60).fill('sourdough') }, 400],
  ])('refuses %#', async (body, status) => {
    const response = await app.request(`${RECOMMENDATIONS}/`, post(body))
    expect(await response.json()).toMatchObject({ status, error: expect.any(String) })
  })
})
