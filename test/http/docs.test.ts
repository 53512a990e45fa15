import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CODES } from '../../src/domain/errors.ts'
import { createApp } from '../../src/http/app.ts'
import { openApp } from './open-app.ts'

const CONTRACT = new URL('../../../shared/API.md', import.meta.url)

interface Operation {
  readonly summary?: string
  readonly operationId?: string
  readonly parameters?: readonly { name: string; in: string; schema: Record<string, unknown> }[]
  readonly requestBody?: { content: Record<string, unknown> }
  readonly responses: Record<string, { content?: Record<string, unknown> }>
}
interface Document {
  readonly openapi: string
  readonly info: { version: string }
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { schemas: Record<string, unknown> }
}

let app: Awaited<ReturnType<typeof openApp>>
let document: Document
beforeAll(async () => {
  app = await openApp()
  document = await app.json<Document>('/openapi.json')
})
afterAll(() => app.close())

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  )

/** Routes of the contract that this version serves, as the contract writes them. */
const SERVED = [
  'GET /search',
  'POST /search',
  'POST /search/batch',
  'GET /papers/{id}/similar',
  'POST /similar',
  'GET /facets',
  'GET /suggest',
  'POST /recommend',
  'POST /context',
  'POST /verify',
  'POST /ask',
  'GET /papers',
  'GET /papers/{id}',
  'GET /papers/{id}.bib',
  'POST /papers/batch',
  'POST /papers',
  'DELETE /papers/{id}',
  'POST /embeddings',
  'GET /models',
]
/** Beside the BibTeX of the contract. */
const CITATIONS = ['GET /v1/papers/{id}.ris', 'GET /v1/papers/{id}.csl.json']
const ADMIN = ['POST /v1/admin/snapshot', 'POST /v1/admin/rebuild', 'POST /v1/admin/backup', 'GET /v1/admin/process']
const ELSEWHERE = [
  'GET /v1/papers/match',
  'GET /v1/stats',
  'GET /healthz',
  'GET /readyz',
  'GET /metrics',
  'GET /openapi.json',
  'GET /docs',
]

/** Contracts of others, whose clients come here. */
const FOREIGN = [
  'GET /v1/models/{id}',
  'POST /v1/rerank',
  'POST /v2/rerank',
  'POST /rerank',
  'POST /v1/web-search',
  'POST /retrieval',
  'GET /graph/v1/paper/search',
  'GET /graph/v1/paper/search/match',
  'POST /graph/v1/paper/batch',
  'GET /graph/v1/paper/{id}',
  'GET /recommendations/v1/papers/forpaper/{id}',
  'POST /recommendations/v1/papers/',
  'POST /mcp',
]

describe('/openapi.json', () => {
  it('is OpenAPI 3.1 of the version of the package', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '9.8.7' } })
  })

  it('lists every registered route, and no other', () => {
    const registered = createApp(app.context)
      .routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
      .map((route) => route.replace(/\{\.\+(.+)\}$/, (_pattern, ending: string) => ending.replaceAll('\\', '')))
    const documented = operations().map(({ name }) => name)
    expect(documented.toSorted()).toEqual([...new Set(registered)].toSorted())
  })

  it('lists each route of the contract that this version serves', () => {
    const documented = operations().map(({ name }) => name)
    const promised = [
      ...SERVED.map((route) => route.replace(' ', ' /v1')),
      ...ELSEWHERE,
      ...CITATIONS,
      ...ADMIN,
      ...FOREIGN,
    ]
    expect(documented).toEqual(expect.arrayContaining(promised))
    expect(documented).toHaveLength(promised.length + 1)
  })

  it.skipIf(!existsSync(CONTRACT))('names its routes as the shared contract does (needs ../shared)', () => {
    const contract = readFileSync(CONTRACT, 'utf8')
    for (const route of SERVED) expect(contract).toContain(`\`${route}`)
    for (const route of ELSEWHERE) expect(contract).toContain(route.replace(/^GET (\/v1(?=\/papers))?/, ''))
  })

  it('describes each route whole: summary, answer, problems, body', () => {
    const ids = operations().map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const { name, operation } of operations()) {
      expect([name, operation.summary?.length]).toEqual([name, expect.any(Number)])
      const statuses = Object.keys(operation.responses)
      expect([name, statuses]).toEqual([name, expect.arrayContaining(['400', '403', '500'])])
      expect([name, statuses.filter((status) => status.startsWith('2'))]).toHaveLength(2)
      for (const status of statuses.filter((code) => Number(code) >= 400)) {
        const schema = operation.responses[status]?.content?.['application/problem+json']
        expect([name, status, schema]).toEqual([name, status, { schema: { $ref: '#/components/schemas/Problem' } }])
      }
      const takesBody = name.startsWith('POST') && !ADMIN.includes(name)
      expect([name, operation.requestBody !== undefined]).toEqual([name, takesBody])
    }
  })

  it('types the parameters of a query as what they are, not as text', () => {
    const { parameters } = document.paths['/v1/search']?.get ?? {}
    const byName = new Map(parameters?.map(({ name, schema }) => [name, schema]))
    expect([...byName.keys()]).toEqual(
      expect.arrayContaining(['q', 'mode', 'limit', 'offset', 'exact', 'ef', 'explain']),
    )
    // A filter of a body has its shorthand here.
    expect(byName.has('filter')).toBe(false)
    expect(byName.get('year')).toMatchObject({ type: 'array', items: { type: 'string' } })
    expect(byName.get('limit')).toMatchObject({ type: 'integer', minimum: 1, maximum: 100, default: 10 })
    expect(byName.get('exact')).toMatchObject({ type: 'boolean', default: false })
  })

  it('resolves every reference in it', () => {
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)
    const names = new Set([...references].map(([, name]) => name))
    expect([...names]).toEqual(
      expect.arrayContaining(['List', 'Hit', 'Paper', 'PaperRecord', 'Problem', 'IngestResult']),
    )
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining([...names]))
  })

  it('documents routes that refuse an unknown parameter, each of them', async () => {
    for (const { name } of operations()) {
      const [method = '', path = ''] = name.split(' ')
      const init: RequestInit = { method, ...(method === 'POST' && { body: '[]' }) }
      if (method === 'POST') init.headers = { 'content-type': 'application/json' }
      const response = await app.request(`${path.replace(/\{\w+\}/, 'docs.css')}?surprise=1`, init)
      const { code, issues } = (await response.json()) as { code: string; issues?: { path: string }[] }
      expect([name, code, issues?.map((issue) => issue.path)]).toEqual([
        name,
        'INVALID_REQUEST',
        expect.arrayContaining(['surprise']),
      ])
    }
  })
})

describe('/docs', () => {
  it('loads nothing but files that this server has, and runs no inline script', async () => {
    const page = await (await app.request('/docs')).text()
    const links = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link ?? '')
    expect(links).toHaveLength(5)
    for (const link of links) {
      const response = await app.request(link)
      expect([link, response.status]).toEqual([link, 200])
      expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(0)
    }
    expect(page).not.toMatch(/<script>|<style|style=|onload=/)
  })

  it.each([
    ['swagger-ui.css', 'text/css; charset=utf-8'],
    ['docs.css', 'text/css; charset=utf-8'],
    ['swagger-ui-bundle.js', 'text/javascript; charset=utf-8'],
    ['initializer.js', 'text/javascript; charset=utf-8'],
    ['favicon-32x32.png', 'image/png'],
  ])('serves %s as %s', async (file, type) => {
    expect((await app.request(`/docs/${file}`)).headers.get('content-type')).toBe(type)
  })

  it('has an anchor for the type of every problem', async () => {
    const page = await (await app.request('/docs')).text()
    for (const code of Object.keys(CODES)) expect(page).toContain(`id="${code}"`)
  })

  it.each([
    'package.json',
    'index.html',
    '..%2Fpackage.json',
    '%2e%2e%2fpackage.json',
    'swagger-ui.css%00',
    'SWAGGER-UI.CSS',
    'constructor',
  ])('serves no other file: %s', async (file) => {
    expect(await (await app.request(`/docs/${file}`)).json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })
})
