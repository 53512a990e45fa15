import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Context } from '../../src/domain/context.ts'
import { openApp, post } from './open-app.ts'

type App = Awaited<ReturnType<typeof openApp>>
let app: App
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const bibKeys = (text: string): string[] => [...text.matchAll(/^@\w+\{([^,]+),$/gm)].map(([, key]) => key ?? '')
const TYPES = {
  bibtex: 'application/x-bibtex',
  ris: 'application/x-research-info-systems',
  'csl-json': 'application/vnd.citationstyles.csl+json',
} as const

describe('a paper under its address with an extension', () => {
  it('is a BibTeX entry', async () => {
    const response = await app.request('/v1/papers/tide-clocks.bib')
    expect(response.headers.get('content-type')).toBe(`${TYPES.bibtex}; charset=utf-8`)
    expect(await response.text()).toMatch(
      /^@misc\{moen2021,\n {2}title = \{Tide Clocks: .*\},\n {2}author = \{Moen, Ida and Lunde, Per\},\n {2}year = \{2021\},\n/,
    )
  })

  it('is a RIS record', async () => {
    const response = await app.request('/v1/papers/doi%3A10.5555%2Fsurge%2F17.ris')
    expect(response.headers.get('content-type')).toBe(`${TYPES.ris}; charset=utf-8`)
    expect(await response.text()).toMatch(/^TY {2}- GEN\r\nID {2}- lunde2022\r\n[\s\S]*DO {2}- 10.5555\/surge\/17\r\n/)
  })

  it('is CSL-JSON', async () => {
    const response = await app.request('/v1/papers/arxiv:2103.01234.csl.json')
    expect(response.headers.get('content-type')).toBe(TYPES['csl-json'])
    expect(await response.json()).toMatchObject([
      { id: 'moen2021', issued: { 'date-parts': [[2021, 3, 9]] }, custom: { id: 'tide-clocks' } },
    ])
  })

  it.each(['bib', 'ris', 'csl.json'])('answers PAPER_NOT_FOUND for nobody.%s', async (extension) => {
    const response = await app.request(`/v1/papers/nobody.${extension}`)
    expect(await response.json()).toMatchObject({ status: 404, code: 'PAPER_NOT_FOUND' })
  })

  it('leaves ids with other dots to the plain route', async () => {
    expect(await app.json('/v1/papers/arxiv:2103.01234')).toMatchObject({ id: 'tide-clocks' })
    expect((await app.request('/v1/papers/.bib')).status).toBe(404)
  })

  it('is documented under a readable path', async () => {
    const { paths } = await app.json<{ paths: object }>('/openapi.json')
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['/v1/papers/{id}', '/v1/papers/{id}.bib', '/v1/papers/{id}.csl.json']),
    )
    expect(JSON.stringify(Object.keys(paths))).not.toMatch(/\{\w+\{/)
  })
})

const LISTS: readonly [string, RequestInit?][] = [
  ['/v1/search?q=harbour+water+levels&limit=3'],
  ['/v1/search', post({ query: 'harbour water levels', limit: 3 })],
  ['/v1/papers/tide-clocks/similar?limit=3'],
  ['/v1/similar', post({ text: 'harbour water levels', limit: 3 })],
  ['/v1/recommend', post({ positivePaperIds: ['tide-clocks'], limit: 3 })],
  ['/v1/papers?limit=3'],
]

describe.each(LISTS)('%s', (path, init) => {
  const withFormat = (format: string) => `${path}${path.includes('?') ? '&' : '?'}format=${format}`

  it('answers the same papers in every form, in the same order', async () => {
    const { data } = await app.json<{ data: { id: string }[] }>(path, init)
    const items = await app.json<{ id: string; custom: { id: string } }[]>(withFormat('csl-json'), init)
    expect(items.map(({ custom }) => custom.id)).toEqual(data.map(({ id }) => id))
    const keys = items.map(({ id }) => id)
    expect(bibKeys(await (await app.request(withFormat('bibtex'), init)).text())).toEqual(keys)
    const ris = await (await app.request(withFormat('ris'), init)).text()
    expect([...ris.matchAll(/^ID {2}- (.*)\r$/gm)].map(([, key]) => key)).toEqual(keys)
  })

  it('goes by the Accept header where no format is named, and by the name where one is', async () => {
    const accept = (url: string, type: string) =>
      app.request(url, { ...init, headers: { ...init?.headers, accept: type } })
    for (const type of Object.values(TYPES)) {
      expect((await accept(path, `${type}, application/json;q=0.5`)).headers.get('content-type')).toContain(type)
      expect((await accept(withFormat('json'), type)).headers.get('content-type')).toContain('application/json')
    }
    expect((await accept(path, '*/*')).headers.get('content-type')).toContain('application/json')
    expect((await accept(path, 'text/html')).headers.get('content-type')).toContain('application/json')
  })

  it('refuses another format', async () => {
    const response = await app.request(withFormat('endnote'), init)
    expect(await response.json()).toMatchObject({ code: 'INVALID_REQUEST', issues: [{ path: 'format' }] })
  })
})

describe('POST /v1/papers/batch', () => {
  it('cites the papers that there are', async () => {
    const ids = ['storm-surge', 'nobody', 'tide-clocks']
    const response = await app.request('/v1/papers/batch?format=bibtex', post({ ids }))
    expect(bibKeys(await response.text())).toEqual(['lunde2022', 'moen2021'])
  })
})

it('gives papers the keys that a context cites them by', async () => {
  const ids = ['storm-surge', 'tide-clocks', 'sourdough', 'glacier-maps']
  const { citations } = Context.parse(await app.json('/v1/context', post({ ids, maxTokens: 4_000 })))
  const items = await app.json<{ id: string; custom: { id: string } }[]>(
    '/v1/papers/batch?format=csl-json',
    post({ ids }),
  )
  const keyOf = new Map(items.map(({ id, custom }) => [custom.id, id]))
  expect(citations).toHaveLength(ids.length)
  for (const { id, key } of citations) expect(keyOf.get(id)).toBe(key)
})
