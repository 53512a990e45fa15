import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openApp, post } from './open-app.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
beforeEach(() => {
  app.logged.length = 0
})
afterAll(() => app.close())

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('the request id', () => {
  it('is a new UUID where none is sent', async () => {
    const ids = await Promise.all([1, 2].map(async () => (await app.request('/healthz')).headers.get('x-request-id')))
    expect(ids[0]).toMatch(UUID)
    expect(ids[1]).not.toBe(ids[0])
  })

  it.each([
    ['run-17_a=', true],
    ['x'.repeat(128), true],
    ['x'.repeat(129), false],
    ['a b', false],
    ['<script>', false],
    ['', false],
  ])('takes over %j: %s', async (sent, taken) => {
    const response = await app.request('/nowhere', { headers: { 'x-request-id': sent } })
    const echoed = response.headers.get('x-request-id')
    expect(echoed === sent).toBe(taken)
    if (!taken) expect(echoed).toMatch(UUID)
    expect(await response.json()).toMatchObject({ requestId: echoed })
  })
})

describe('the headers of every answer', () => {
  it.each(['/healthz', '/docs', '/nowhere', '/v1/search', '/docs/swagger-ui.css'])('%s', async (path) => {
    const { headers } = await app.request(path)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('strict-transport-security')).toBeNull()
    expect(headers.get('access-control-allow-origin')).toBeNull()
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
  })
})

describe('the Host and Origin check', () => {
  it.each(['localhost', 'LOCALHOST:8787', '127.0.0.1', '127.0.0.1:1', '127.255.0.9:65535', '[::1]', '[::1]:8787'])(
    'lets %s in',
    async (host) => {
      expect((await app.request('/healthz', { headers: { host, origin: `http://${host}` } })).status).toBe(200)
    },
  )

  it.each([
    'evil.example',
    'evil.example:8787',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil.example@127.0.0.1',
    '10.0.0.1',
    '0.0.0.0:8787',
    '128.0.0.1',
    '[::]',
    '[::1',
    '::1',
    '2130706433',
    '0x7f.1',
    'localhost:',
    'localhost:8787:1',
    'localhost, evil.example',
    '',
  ])('refuses Host "%s"', async (host) => {
    const response = await app.request('/v1/search?q=ice', { headers: { host } })
    expect(await response.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' })
  })

  it.each(['http://evil.example', 'https://localhost.evil.example', 'null', 'localhost', 'file://', ''])(
    'refuses Origin "%s"',
    async (origin) => {
      const response = await app.request('/v1/papers', { ...post([]), headers: { host: 'localhost', origin } })
      expect(await response.json()).toMatchObject({ status: 403, code: 'FORBIDDEN' })
    },
  )

  it('stands before everything else, unknown routes too', async () => {
    for (const path of ['/nowhere', '/docs', '/healthz']) {
      expect((await app.request(path, { headers: { host: 'evil.example' } })).status).toBe(403)
    }
  })
})

describe('bodies', () => {
  const large = JSON.stringify({ query: 'ice', padding: 'x'.repeat(64 * 1024) })

  it('are refused above 64 KiB', async () => {
    const response = await app.request('/v1/search', post(large))
    expect(await response.json()).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' })
  })

  it('are refused above 64 KiB when they announce no length', async () => {
    const body = new Blob([large]).stream()
    const headers = { 'content-type': 'application/json' }
    const init: RequestInit = { method: 'POST', headers, body, duplex: 'half' }
    expect(await (await app.request('/v1/search', init)).json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
  })

  it('are refused above 1 MiB where texts are pasted', async () => {
    const response = await app.request('/v1/similar', post({ text: 'x'.repeat(1024 * 1024) }))
    expect(await response.json()).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' })
  })

  it.each([
    ['/v1/search', 'text/plain'],
    ['/v1/search', 'application/x-ndjson'],
    ['/v1/search', 'application/jsonp'],
    ['/v1/search', 'application/x-www-form-urlencoded'],
    ['/v1/search', ''],
    ['/v1/papers', 'text/html'],
    ['/v1/papers', 'text/csv'],
    ['/v1/papers', ''],
  ])('of %s are refused as "%s"', async (path, type) => {
    const init = { method: 'POST', body: new TextEncoder().encode('[]'), headers: type ? { 'content-type': type } : {} }
    expect(await (await app.request(path, init)).json()).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' })
  })

  it('are refused when they are compressed', async () => {
    for (const path of ['/v1/search', '/v1/papers']) {
      const init = { ...post([]), headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } }
      expect((await app.request(path, init)).status).toBe(415)
    }
  })

  it('are refused when they do not arrive in time', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const headers = { 'content-type': 'application/json' }
      const pending = app.request('/v1/search', { method: 'POST', headers, body: new ReadableStream(), duplex: 'half' })
      await vi.advanceTimersByTimeAsync(30_000)
      expect(await (await pending).json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    } finally {
      vi.useRealTimers()
    }
  })

  it('are taken with the parameters of a JSON content type', async () => {
    const init = post({ query: 'ice' }, 'Application/JSON; charset=utf-8')
    expect((await app.request('/v1/search', init)).status).toBe(200)
  })
})

describe('the request log', () => {
  it('has one line a request, with the pattern of the route in place of the path', async () => {
    await app.request('/v1/papers/doi%3A10.1%2Fsecret/similar?limit=3', { headers: { 'x-request-id': 'log-1' } })
    expect(app.logged).toHaveLength(1)
    expect(app.logged[0]).toMatchObject({
      level: 30,
      method: 'GET',
      route: '/v1/papers/:id/similar',
      status: 404,
      tookMs: expect.any(Number),
      requestId: 'log-1',
    })
  })

  it('holds no question, no text and no path of the caller', async () => {
    await app.request('/v1/search?q=sesame')
    await app.request('/v1/search?sesame=1')
    await app.request('/v1/search', post({ query: 'sesame', sesame: 1 }))
    await app.request('/v1/similar', post({ text: 'sesame' }))
    await app.request('/v1/papers', post([{ title: 'sesame' }, { sesame: 1 }]))
    await app.request('/sesame')
    await app.request('/v1/papers/sesame')
    expect(app.logged).toHaveLength(7)
    expect(JSON.stringify(app.logged)).not.toContain('sesame')
  })
})
