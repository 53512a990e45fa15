import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { List } from '../../src/domain/query.ts'
import { openApp, post } from './open-app.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const QUERY = 'forecast the water level of a harbour'

describe('POST /v1/web-search', () => {
  it('answers a bare array of link, title and snippet, in the order of the search', async () => {
    const results = await app.json<Record<string, string>[]>('/v1/web-search', post({ query: QUERY, count: 7 }))
    const { data } = await app.json<List>('/v1/search', post({ query: QUERY, limit: 7 }))
    expect(results).toEqual(data.map(({ title, abstract }) => ({ link: expect.any(String), title, snippet: abstract })))
    expect(results.map((result) => Object.keys(result))).toEqual(results.map(() => ['link', 'title', 'snippet']))
  })

  it('links to arXiv, to the DOI, or to the record here, where the paper has no address', async () => {
    const results = await app.json<{ title: string; link: string }[]>(
      'http://127.0.0.1:8787/v1/web-search',
      post({ query: QUERY, count: 7 }),
    )
    const linkOf = (word: string) => results.find(({ title }) => title.includes(word))?.link
    expect(linkOf('Tide Clocks')).toBe('https://arxiv.org/abs/2103.01234')
    expect(linkOf('Storm Surge')).toBe('https://doi.org/10.5555/surge/17')
    expect(linkOf('Sea Ice')).toBe('http://127.0.0.1:8787/v1/papers/sea-ice%2F2020')
    expect((await app.request(linkOf('Sea Ice') ?? '')).status).toBe(200)
  })

  it('gives `count` results, and is not bothered by a key', async () => {
    const init = post({ query: QUERY, count: 2 })
    const headers = { ...init.headers, authorization: 'Bearer whatever', 'user-agent': 'Open WebUI' }
    expect(await app.json('/v1/web-search', { ...init, headers })).toHaveLength(2)
  })

  it.each([
    [{ query: '', count: 3 }, 'query'],
    [{ query: QUERY, count: 0 }, 'count'],
    [{ query: QUERY, count: 101 }, 'count'],
    [{ query: QUERY, limit: 3 }, 'limit'],
  ])('refuses %j', async (body, path) => {
    const response = await app.request('/v1/web-search', post(body))
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path }] })
  })
})
