import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { openApp } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
let server: RunningServer
beforeEach(async () => {
  app = await openApp()
  server = await startServer(app.context, { host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  await server.close()
  await app.close()
})

const ended = (response: IncomingMessage) => response.toArray().then((chunks) => Buffer.concat(chunks).toString('utf8'))

const answerOf = (request: ClientRequest) =>
  new Promise<IncomingMessage>((resolve, reject) => request.on('response', resolve).on('error', reject))

/** An upload whose headers the server has read; the body is sent by the test. */
async function beginUpload(type = 'application/x-ndjson'): Promise<ClientRequest> {
  const headers = { 'content-type': type, expect: '100-continue' }
  const upload = httpRequest(`${server.url}/v1/papers`, { method: 'POST', headers })
  upload.flushHeaders()
  await new Promise((resolve, reject) => upload.on('continue', resolve).on('error', reject))
  return upload
}

/** The whole answer to bytes as they are, until the server closes the connection. */
function raw(text: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.end(text)
  return socket.toArray().then((chunks) => Buffer.concat(chunks).toString('latin1'))
}

describe('startServer', () => {
  it('serves on the port that it says', async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
    const response = await fetch(`${server.url}/v1/papers/doi%3A10.5555%2Fsurge%2F17/similar?limit=2`)
    expect(((await response.json()) as { data: unknown[] }).data).toHaveLength(2)
  })

  it.each(['0.0.0.0', '::', '192.168.1.10', 'example.org', ''])(
    'refuses to listen on "%s", saying why',
    async (host) => {
      const started = startServer(app.context, { host, port: 0 })
      await expect(started).rejects.toMatchObject({
        code: 'HOST_REFUSED',
        remedy: expect.stringContaining('127.0.0.1'),
      })
    },
  )

  it('answers PORT_UNAVAILABLE where another server listens', async () => {
    const port = Number(new URL(server.url).port)
    await expect(startServer(app.context, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
    })
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('answers PORT_UNAVAILABLE for a port that is none', async () => {
    await expect(startServer(app.context, { host: 'localhost', port: 65_536 })).rejects.toMatchObject({
      code: 'PORT_UNAVAILABLE',
    })
  })
})

describe('what reaches the server', () => {
  it('is refused under a name that is not of this machine', async () => {
    const response = await answerOf(httpRequest(`${server.url}/v1/stats`, { headers: { host: 'evil.example' } }).end())
    expect(response.statusCode).toBe(403)
    expect(JSON.parse(await ended(response))).toMatchObject({ code: 'FORBIDDEN' })
  })

  it.each([
    ['a Host that no URL has', 'GET /healthz HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n', 400],
    ['no Host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['a target with a backslash', 'GET /a\\b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n', 400],
    ['no HTTP', '\x16\x03\x01\x02\x00\x01\x00', 400],
    [
      'a length twice',
      'POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}',
      400,
    ],
    ['headers of 20 KiB', `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_480)}\r\n\r\n`, 431],
    [
      'another host in the target',
      'GET http://evil.example/healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      403,
    ],
    [
      'a body where none is read',
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
      400,
    ],
  ])('is answered when it has %s', async (_, text, status) => {
    expect(await raw(text)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('is answered with a problem even where no URL can be made of it', async () => {
    const answer = await raw('GET /healthz HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n')
    expect(answer).toContain('application/problem+json')
    expect(JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1))).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
    })
  })

  it('is refused as too large before it is read, when it announces its length', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': 40 * 1024 * 1024, expect: '100-continue' }
    const upload = httpRequest(`${server.url}/v1/papers`, { method: 'POST', headers })
    upload.flushHeaders()
    const response = await answerOf(upload)
    expect(JSON.parse(await ended(response))).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' })
    upload.destroy()
  })
})

describe('a client that goes away during an upload', () => {
  it('leaves whole papers behind, and no error in the log', async () => {
    const upload = await beginUpload()
    upload.on('error', () => undefined)
    const records = Array.from({ length: 100 }, (_, at) =>
      JSON.stringify({ id: `part-${at}`, title: `Part ${at}`, abstract: 'word '.repeat(300) }),
    )
    upload.write(`${records.join('\n')}\n{"id":"half","title":"Ha`)
    const papers = async () => (await app.kindred.deps.store.stats()).papers
    await vi.waitFor(async () => expect(await papers()).toBeGreaterThan(PAPERS.length), { timeout: 10_000 })
    upload.destroy()
    await vi.waitFor(() => expect(app.logged.find(({ status }) => status === 503)).toBeTruthy(), { timeout: 10_000 })
    expect(app.logged.filter(({ level }) => Number(level) >= 50)).toEqual([])
    const [half, first] = await app.kindred.deps.store.get(['half', 'part-0'])
    expect(half).toBeNull()
    expect(first?.paper.title).toBe('Part 0')
    expect(await app.kindred.deps.index.verify()).toMatchObject({ ok: true, vectors: await papers() })
  })
})

describe('close', () => {
  it('finishes the request in flight and takes no new one', async () => {
    const upload = await beginUpload()
    upload.write('{"id":"early","title":"Sent Before the Close"}\n')
    const closed = server.close()
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
    upload.end('{"id":"late","title":"Sent After the Close"}\n')
    const response = await answerOf(upload)
    expect(JSON.parse(await ended(response))).toMatchObject({ added: 2, rejected: [] })
    expect(response.headers.connection).toBe('close')
    await closed
    expect((await app.kindred.deps.store.get(['early', 'late'])).every(Boolean)).toBe(true)
  })

  it('does not wait for connections that only idle', async () => {
    const idle = connect(Number(new URL(server.url).port), '127.0.0.1')
    await new Promise((resolve) => idle.once('connect', resolve))
    await fetch(`${server.url}/healthz`).then((response) => response.text())
    const gone = new Promise((resolve) => idle.once('close', resolve))
    // The clock stands still, so a close that waited for its patience to end would never return.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      await server.close()
    } finally {
      vi.useRealTimers()
    }
    idle.resume()
    await gone
  })

  it('cuts a request that outlasts the patience', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const upload = await beginUpload()
      const cut = new Promise((resolve) => upload.once('error', resolve))
      const closed = server.close()
      await vi.advanceTimersByTimeAsync(10_000)
      await cut
      await closed
    } finally {
      vi.useRealTimers()
    }
  })

  it('may be called twice', async () => {
    await Promise.all([server.close(), server.close()])
  })
})
