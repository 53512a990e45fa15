import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { laneOf } from '../../src/http/admission/lanes.ts'
import { WaitingRoom } from '../../src/http/admission/waiting-room.ts'
import type { HttpContext } from '../../src/http/context.ts'
import { type RunningServer, type Serving, startServer } from '../../src/http/server.ts'
import { openApp } from './open-app.ts'

const PLACE = { host: '127.0.0.1', port: 0 }
const SIMILAR = '/v1/papers/doi%3A10.5555%2Fsurge%2F17/similar?limit=2'

let app: Awaited<ReturnType<typeof openApp>>
let server: RunningServer | undefined
let letGo = () => {}
beforeEach(async () => {
  app = await openApp()
})
afterEach(async () => {
  letGo()
  await server?.close()
  await app.close()
})

/** The same, where texts are embedded when the test says so. */
function held(context: HttpContext): HttpContext {
  const gate = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const { embedder } = context.deps
  const embed: typeof embedder.embed = async (...asked) => {
    await gate
    return embedder.embed(...asked)
  }
  return { ...context, deps: { ...context.deps, embedder: { ...embedder, embed } } }
}

async function start(limits: Partial<Serving>, context = app.context): Promise<string> {
  server = await startServer(context, { ...PLACE, ...limits })
  return server.url
}

const ask = (url: string, n: number) => fetch(`${url}/v1/search?q=surges+${n}&limit=1`)

async function refusals(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text()
  const lines = text.matchAll(/^kindred_http_refused_total\{reason="(\w+)"\} (\d+)$/gm)
  return new Map([...lines].map(([, reason = '', count]) => [reason, Number(count)]))
}

async function gauge(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return Number(new RegExp(`^kindred_${name} (\\d+)$`, 'm').exec(text)?.[1])
}

const opened = (url: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => resolve(socket)).on('error', reject)
  })

describe('questions that wait to be embedded', () => {
  it('are refused at once beyond the limit, and everything else goes on', async () => {
    const url = await start({ maxQueue: 2 }, held(app.context))
    const answers = Array.from({ length: 80 }, (_, n) => ask(url, n))
    const early: Response[] = []
    for (const answer of answers) void answer.then((response) => early.push(response))
    while (early.length < 72) await new Promise((resolve) => setImmediate(resolve))
    expect(await gauge(url, 'http_questions_in_flight')).toBeLessThanOrEqual(8)
    for (const path of ['/healthz', '/readyz', '/metrics', SIMILAR, '/v1/papers']) {
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200])
    }
    for (const response of early) {
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
      expect(response.headers.get('content-type')).toBe('application/problem+json')
      const problem = await response.json()
      expect(problem).toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: 1, title: expect.any(String) })
      expect(problem).toMatchObject({ requestId: response.headers.get('x-request-id') })
    }
    const refused = early.length
    expect(await refusals(url)).toEqual(new Map([['questions', refused]]))
    letGo()
    const all = await Promise.all(answers)
    expect(all.filter(({ status }) => status === 200)).toHaveLength(80 - refused)
    expect(await gauge(url, 'http_questions_in_flight')).toBe(0)
    for (const n of [1, 2, 3]) expect((await ask(url, n)).status).toBe(200)
  })

  it('are refused in the words of the contract that the path belongs to', async () => {
    const url = await start({ maxQueue: 1 }, held(app.context))
    const waiting = Array.from({ length: 5 }, (_, n) => ask(url, n))
    // The first answer is a refusal: from then on there is no room, however fast they came.
    expect((await Promise.race(waiting)).status).toBe(503)
    const body = JSON.stringify({ query: 'a', texts: ['b'] })
    const response = await fetch(`${url}/rerank`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    expect(await response.json()).toMatchObject({ error_type: 'Overloaded', code: 'OVERLOADED' })
    letGo()
    await Promise.all(waiting)
  })
})

describe('a waiting room', () => {
  it('takes more than its limit only of those that came at once', () => {
    const room = new WaitingRoom(2)
    const times = [0, 1, 2, 49, 51, 1_000]
    expect(times.map((now) => room.enter(now) !== null)).toEqual([true, true, true, true, false, false])
  })

  it('takes no more than four times its limit even then', () => {
    const room = new WaitingRoom(2)
    const inside = Array.from({ length: 20 }, () => room.enter(0)).filter((one) => one !== null)
    expect(inside).toHaveLength(8)
    for (const one of inside) room.leave(one)
    expect(room.size).toBe(0)
  })
})

describe('the lanes', () => {
  it.each([
    ['GET', '/v1/search', 'questions'],
    ['POST', '/v1/similar', 'questions'],
    ['POST', '/mcp', 'questions'],
    ['POST', '/v1/ask', 'answers'],
    ['POST', '/v1/papers', 'writes'],
    ['POST', '/v1/admin/rebuild', 'writes'],
    ['DELETE', '/v1/papers/x', 'writes'],
    ['POST', '/v1/papers/batch', null],
    ['GET', '/v1/papers/x/similar', null],
    ['GET', '/v1/admin/process', null],
  ])('know what %s %s waits for', (method, path, lane) => {
    expect(laneOf(method, path)).toBe(lane)
  })
})

describe('a connection', () => {
  it('beyond the limit is told to come again and closed, and /healthz is answered on it', async () => {
    const url = await start({ maxConnections: 3 })
    const idle = await Promise.all([opened(url), opened(url), opened(url)])
    const surplus = await opened(url)
    surplus.write('GET /v1/stats HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const answer = Buffer.concat(await surplus.toArray()).toString('latin1')
    expect(answer).toMatch(/^HTTP\/1\.1 503 /)
    expect(answer).toMatch(/^Retry-After: 1\r$/m)
    expect(answer).toMatch(/^Connection: close\r$/m)
    const health = await opened(url)
    health.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(Buffer.concat(await health.toArray()).toString('latin1')).toMatch(/^HTTP\/1\.1 200 /)
    await Promise.all(idle.map((socket) => new Promise((resolve) => socket.resume().on('close', resolve).end())))
    expect((await fetch(`${url}/v1/stats`)).status).toBe(200)
    expect(await refusals(url)).toEqual(new Map([['connections', 1]]))
  })

  it('gets an answer to each request that it sent in advance, in order, and 503 for those that are too many', async () => {
    const url = await start({})
    const socket = await opened(url)
    const one = 'GET /v1/papers?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\n'
    socket.end(one.repeat(39) + one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))
    const answers = Buffer.concat(await socket.toArray()).toString('latin1')
    const statuses = [...answers.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))
    expect(statuses).toHaveLength(40)
    expect(statuses.slice(0, 16)).toEqual(new Array(16).fill(200))
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
  })
})
