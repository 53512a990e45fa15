import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { List } from '../../src/domain/query.ts'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { openApp, post } from './open-app.ts'

let app: Awaited<ReturnType<typeof openApp>>
let server: RunningServer
beforeEach(async () => {
  app = await openApp()
  // Until the sentences are there answers say that they will get better, and are not kept.
  await fillSentences(app.kindred.deps)
  server = await startServer(app.context, { host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await server.close()
  await app.close()
})

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${server.url}${path}`, { headers })
const SIMILAR = '/v1/papers/tide-clocks/similar'
/** What differs from one answer to the next; `tookMs` has more or fewer digits. */
const OWN = new Set(['content-length', 'date', 'x-request-id', 'connection', 'keep-alive', 'transfer-encoding'])

async function told(response: Response) {
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !OWN.has(name)))
  const { tookMs: _, ...list } = (await response.json()) as List
  return { status: response.status, headers, list }
}

const hits = async (): Promise<number> => {
  const text = await (await get('/metrics')).text()
  return Number(/^kindred_answer_cache_hits_total (\d+)$/m.exec(text)?.[1])
}

describe('a repeated request', () => {
  it.each([
    SIMILAR,
    `${SIMILAR}?limit=3`,
    `${SIMILAR}?fields=title,score&limit=2`,
    `${SIMILAR}?fields=title,evidence`,
    `${SIMILAR}?explain=true`,
    `${SIMILAR}?year=2019-2021&limit=5`,
    '/v1/papers/arxiv:2103.01234/similar?limit=4',
    '/v1/papers/doi%3A10.5555%2Fsurge%2F17/similar?limit=4',
    '/v1/search?q=water%20level',
    '/v1/search?q=%C3%89tude&mode=lexical&fields=title',
    '/v1/search?q=+water+level%3F&year=2019-2021&year=2015&explain=true',
    '/v1/search?q=tides&minScore=0.001&without=sentences&without=titles&format=json',
    "/v1/search?q=the%20moon's%20tides&limit=2&offset=1&fields=title,evidence",
  ])('of %s is answered alike, by whichever way', async (path) => {
    const first = await told(await get(path, { accept: 'application/json;q=0.9, */*;q=0.1' }))
    expect(first).toMatchObject({ status: 200, headers: { etag: expect.stringMatching(/^W\/"/), vary: 'Accept' } })
    expect(first.list.data.length).toBeGreaterThan(0)
    for (let again = 0; again < 4; again += 1) expect(await told(await get(path))).toEqual(first)
    const { tookMs: _, ...alone } = await app.json<List>(path)
    expect(alone).toEqual(first.list)
  })

  it.each([
    '',
    '?q=',
    '?q',
    '?limit=3',
    '?q=tide&limit=0',
    '?q=tide&q=moon',
    '?q=tide&limit=3&q=moon',
    '?q&limit=3&q=moon',
    '?q=tide&limit=3&%71=moon',
    '?q=tide&limit=3&minScore=2',
    '?q=tide&limit=3&minScore=.5',
    '?q=tide&minScore=0.1&limit=3&minScore=0.2',
    '?q=tide&limit=3&%6dinScore=0.5&minScore=0.1',
    '?q=tide&limit=3&limit=3',
    '?q=tide&nonsense=1',
    '?q=tide&format=bibtex',
    '?q=%',
  ])('of /v1/search%s, which is no plain question, is answered as the app does it', async (query) => {
    // Their other parameters were valid before.
    for (const valid of ['?q=tide', '?q=tide&limit=3', '?limit=3&q=tide&minScore=0.1']) await get(`/v1/search${valid}`)
    const known = await get(`/v1/search${query}`, { accept: 'application/json;q=0.9, */*;q=0.1' })
    const plain = await get(`/v1/search${query}`)
    expect([plain.status, plain.headers.get('content-type')]).toEqual([known.status, known.headers.get('content-type')])
    const own = /"(instance|requestId|tookMs)":[^,}]*/g
    expect((await plain.text()).replace(own, '')).toBe((await known.text()).replace(own, ''))
  })

  it.each([`${SIMILAR}?fields=title,score&limit=2`, `${SIMILAR}?limit=3`, '/v1/search?q=water%20level'])(
    'of %s is answered alike, by whichever way and without an ETag, while sentences are missing',
    async (path) => {
      await app.json('/v1/papers', post([{ id: 'late', title: 'Late Tides', abstract: 'The tide comes late.' }]))
      const first = await told(await get(path, { accept: 'application/json;q=0.9, */*;q=0.1' }))
      expect(first.headers.etag).toBeUndefined()
      expect(first.list.index.degraded).toContain('evidence-filling')
      for (let again = 0; again < 4; again += 1) expect(await told(await get(path))).toEqual(first)
      await fillSentences(app.kindred.deps)
      // Looked at now and then.
      await expect.poll(async () => (await told(await get(path))).headers.etag).toMatch(/^W\/"/)
    },
  )

  it('is answered from memory, from the third time on', async () => {
    for (let again = 0; again < 5; again += 1) await (await get(`${SIMILAR}?limit=7`)).text()
    expect(await hits()).toBe(3)
  })

  it('of another paper with the same parameters is another answer', async () => {
    await get(`${SIMILAR}?limit=2`)
    const other = await told(await get('/v1/papers/sourdough/similar?limit=2'))
    expect(other.list.data[0]?.id).toBe('bread-crust')
  })

  it('has a request id of its own, its line in the log and its place in the metrics', async () => {
    const ids = new Set<string | null>()
    for (let again = 0; again < 4; again += 1) ids.add((await get(SIMILAR)).headers.get('x-request-id'))
    expect(ids.size).toBe(4)
    const lines = app.logged.filter(({ route }) => route === '/v1/papers/:id/similar')
    expect(new Set(lines.map(({ requestId }) => requestId))).toEqual(ids)
    expect(await (await get('/metrics')).text()).toContain(
      'kindred_http_request_duration_seconds_count{method="GET",route="/v1/papers/:id/similar",status="200"} 4',
    )
  })
})

describe('an ETag', () => {
  it('is answered with 304 and no body for as long as nothing is written', async () => {
    const etag = (await get(SIMILAR)).headers.get('etag') ?? ''
    for (const given of [etag, `"other", ${etag}`]) {
      const same = await get(SIMILAR, { 'if-none-match': given })
      expect([same.status, same.headers.get('etag'), await same.text()]).toEqual([304, etag, ''])
    }
    const slow = await app.request(SIMILAR, { headers: { 'if-none-match': etag } })
    expect([slow.status, await slow.text()]).toEqual([304, ''])
    expect((await get(SIMILAR, { 'if-none-match': '"other"' })).status).toBe(200)
    const abstract = 'Harbour water levels follow the moon and the river gauge, again.'
    await app.json('/v1/papers', post([{ id: 'new', title: 'Tide Clocks, again', abstract }]))
    await fillSentences(app.kindred.deps)
    const changed = await get(SIMILAR, { 'if-none-match': etag })
    expect(changed.status).toBe(200)
    expect(((await changed.json()) as List).data.map(({ id }) => id)).toContain('new')
    expect(changed.headers.get('etag')).not.toBe(etag)
  })

  it('is not given while something is missing, nor with problems', async () => {
    await app.json('/v1/papers', post([{ id: 'new', title: 'New', abstract: 'A sentence is not embedded yet.' }]))
    const filling = await get(SIMILAR)
    expect(filling.headers.get('etag')).toBeNull()
    expect(((await filling.json()) as List).index.degraded).toEqual(['evidence-filling'])
    const missing = await get('/v1/papers/nobody/similar')
    expect([missing.status, missing.headers.get('etag')]).toEqual([404, null])
  })
})

describe('a write', () => {
  it('shows in the next answer: a deleted paper is gone, a changed one has its new title', async () => {
    const path = '/v1/papers/sourdough/similar?limit=1'
    for (let again = 0; again < 4; again += 1) await (await get(path)).text()
    const { title } = await app.json<{ title: string }>('/v1/papers/bread-crust')
    await app.json('/v1/papers', post([{ id: 'bread-crust', title: `${title}!`, abstract: 'bread crust loaf oven' }]))
    expect((await told(await get(path))).list.data[0]).toMatchObject({ id: 'bread-crust', title: `${title}!` })
    await fetch(`${server.url}/v1/papers/bread-crust`, { method: 'DELETE' })
    expect((await told(await get(path))).list.data[0]?.id).not.toBe('bread-crust')
    expect((await get('/v1/papers/bread-crust/similar?limit=1')).status).toBe(404)
  })
})

describe('what needs a closer look', () => {
  beforeEach(async () => {
    for (let again = 0; again < 3; again += 1) await (await get(SIMILAR)).text()
  })

  it('is refused as ever: foreign pages, parameters that mean nothing, bodies', async () => {
    expect((await get(SIMILAR, { origin: 'https://example.org' })).status).toBe(403)
    expect((await get(`${SIMILAR}?limit=0`)).status).toBe(400)
    expect((await get(`${SIMILAR}?nothing=1`)).status).toBe(400)
    expect((await get('/v1/papers/%/similar')).status).toBe(404)
    const bytes = (text: string) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
      socket.end(text)
      return socket.toArray().then((chunks) => Buffer.concat(chunks).toString('latin1'))
    }
    expect(await bytes(`GET ${SIMILAR} HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n`)).toMatch(/ 403 /)
    const withBody = `GET ${SIMILAR} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`
    expect(await bytes(withBody)).toMatch(/ 400 /)
  })

  it('goes the whole way: citations, request ids, HEAD', async () => {
    expect((await get(SIMILAR, { accept: 'application/x-bibtex' })).headers.get('content-type')).toMatch(/bibtex/)
    expect((await get(SIMILAR, { 'x-request-id': 'mine' })).headers.get('x-request-id')).toBe('mine')
    expect((await fetch(`${server.url}${SIMILAR}`, { method: 'HEAD' })).status).toBe(200)
  })
})
