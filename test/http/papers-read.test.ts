import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Paper } from '../../src/domain/paper.ts'
import type { PaperPage } from '../../src/domain/query.ts'
import { openApp, post } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const IDS = PAPERS.map(({ id }) => id)

describe('GET /v1/papers/{id}', () => {
  it('answers with the paper as the contract describes it', async () => {
    const paper = Paper.strict().parse(await app.json('/v1/papers/bread-crust'))
    expect(paper).toMatchObject({ title: PAPERS[3]?.title, year: 2020, sources: ['api'], commentCount: 4 })
  })

  it.each([
    ['arxiv:2103.01234', 'tide-clocks'],
    ['arxiv%3A2103.01234v2', 'tide-clocks'],
    ['ARXIV:2103.01234', 'tide-clocks'],
    ['doi%3A10.5555%2Fsurge%2F17', 'storm-surge'],
    ['doi:10.5555%2FSURGE%2F17', 'storm-surge'],
    ['sea-ice%2F2020', 'sea-ice/2020'],
  ])('takes %s', async (reference, id) => {
    expect(await app.json(`/v1/papers/${reference}`)).toMatchObject({ id })
  })

  it.each(['nobody', 'arxiv:9999.99999', 'doi%3A10.5555%2Fnone', '%25', '%ZZ', '%00', "';--", '🧊'])(
    'answers PAPER_NOT_FOUND for %s',
    async (reference) => {
      const response = await app.request(`/v1/papers/${reference}`)
      expect(await response.json()).toMatchObject({ status: 404, code: 'PAPER_NOT_FOUND' })
    },
  )
})

describe('GET /v1/papers', () => {
  it.each(['addedAt', 'publishedAt', 'title'])('walks every paper once, sorted by %s', async (sort) => {
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: PaperPage = await app.json(
        `/v1/papers?limit=3&sort=${sort}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      )
      expect(page.total).toBe(PAPERS.length)
      seen.push(...page.data.map(({ id }) => id))
      cursor = page.nextCursor
    }
    expect(seen.toSorted()).toEqual(IDS.toSorted())
  })

  it.each([
    ['cursor=nonsense', 'cursor'],
    ['sort=score', 'sort'],
    ['limit=many', 'limit'],
    ['offset=3', 'offset'],
  ])('refuses %s', async (parameter, field) => {
    const response = await app.request(`/v1/papers?${parameter}`)
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path: field }] })
  })
})

describe('GET /v1/papers/match', () => {
  it('finds a title without regard to case, accents and punctuation', async () => {
    const title = encodeURIComponent('etude of GLACIER maps - segmenting ice from satellite images!')
    expect(await app.json(`/v1/papers/match?title=${title}`)).toMatchObject({ id: 'glacier-maps' })
  })

  it('answers PAPER_NOT_FOUND for another title', async () => {
    const response = await app.request('/v1/papers/match?title=Nothing%20of%20the%20sort')
    expect(await response.json()).toMatchObject({ status: 404, code: 'PAPER_NOT_FOUND' })
  })

  it.each(['', '?title=', '?title=%20', '?title=a&title=b'])('refuses "%s"', async (query) => {
    const response = await app.request(`/v1/papers/match${query}`)
    expect(await response.json()).toMatchObject({ status: 400, issues: [{ path: 'title' }] })
  })
})

describe('POST /v1/papers/batch', () => {
  it('answers in the order asked for, null where there is none', async () => {
    const ids = ['glacier-maps', 'nobody', 'doi:10.5555/surge/17', 'glacier-maps']
    const papers = await app.json<(Paper | null)[]>('/v1/papers/batch', post({ ids }))
    expect(papers.map((paper) => paper?.id ?? null)).toEqual(['glacier-maps', null, 'storm-surge', 'glacier-maps'])
  })

  it('takes 500 ids and no more', async () => {
    const ids = (count: number) => Array.from({ length: count }, (_, at) => `${at}`.padStart(200, 'x'))
    expect(await app.json<unknown[]>('/v1/papers/batch', post({ ids: ids(500) }))).toHaveLength(500)
    const refused = await app.request('/v1/papers/batch', post({ ids: ids(501) }))
    expect(await refused.json()).toMatchObject({ status: 400, issues: [{ path: 'ids' }] })
  })

  it('answers an empty list with an empty one', async () => {
    expect(await app.json('/v1/papers/batch', post({ ids: [] }))).toEqual([])
  })
})
