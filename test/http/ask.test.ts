import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { Answer } from '../../src/domain/ask.ts'
import { Citation } from '../../src/domain/context.ts'
import { Problem } from '../../src/http/problem.ts'
import { startServer } from '../../src/http/server.ts'
import {
  breaksOff,
  hangs,
  ignores,
  type OpenAiServer,
  refuses,
  says,
  startOpenAiServer,
} from '../support/openai-server.ts'
import { openApp, post } from './open-app.ts'

const QUESTION = 'water level of a harbour'
const OTHER = 'mortgage interest deduction'
const KEY = 'sk-secret-of-the-tests'

let upstream: OpenAiServer
let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  upstream = await startOpenAiServer()
  app = await openApp({ llmBaseUrl: upstream.baseUrl, llmModel: 'frog-1', llmApiKey: KEY, llmTimeoutMs: 200_000 })
})
afterAll(async () => {
  await app.close()
  await upstream.close()
})

const Delta = z.strictObject({ text: z.string() })
const SCHEMAS = {
  citation: Citation.strict(),
  delta: Delta,
  done: Answer.omit({ answer: true, citations: true }).strict(),
  error: Problem.strict(),
}
const EventName = z.enum(['citation', 'delta', 'done', 'error'])

/** The events of a stream, each checked against its schema; comments are left out. */
function eventsOf(text: string) {
  const blocks = text.split('\n\n').filter((block) => block !== '' && !block.startsWith(':'))
  return blocks.map((block) => {
    const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? []
    const event = EventName.parse(name)
    return { event, data: SCHEMAS[event].parse(JSON.parse(data)) }
  })
}

const ask = (body: object) => app.request('/v1/ask', post({ question: QUESTION, ...body }))

async function stream(body: object = {}) {
  const response = await ask({ stream: true, ...body })
  const text = await response.text()
  return { response, text, events: eventsOf(text) }
}

/** A promise that is kept from outside. */
function promised<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T | PromiseLike<T>) => void } {
  let resolve: (value: T | PromiseLike<T>) => void = () => undefined
  const promise = new Promise<T>((kept) => {
    resolve = kept
  })
  return { promise, resolve }
}

/** A connection of its own, so that it can be cut. */
async function connectTo(url: string, body: object): Promise<IncomingMessage> {
  const request = httpRequest(`${url}/v1/ask`, { method: 'POST', headers: { 'content-type': 'application/json' } })
  request.on('error', () => undefined)
  request.end(JSON.stringify({ question: QUESTION, stream: true, ...body }))
  const [response] = await once(request, 'response')
  return response
}

describe('POST /v1/ask', () => {
  it('answers as JSON, with what the answer cites', async () => {
    upstream.behave(says(['The tide follows the moon [moen2021', '].']))
    const response = await ask({})
    expect(response.headers.get('content-type')).toContain('application/json')
    expect(Answer.strict().parse(await response.json())).toMatchObject({
      answer: 'The tide follows the moon [moen2021].',
      kind: 'written',
      model: 'frog-1',
      citations: [{ id: 'tide-clocks', key: 'moen2021' }],
      usage: { promptTokens: 321 },
    })
    expect(upstream.received[0]?.headers.authorization).toBe(`Bearer ${KEY}`)
  })

  it('answers as events: each citation before its text, and what is to be said of the whole at the end', async () => {
    upstream.behave(says(['The tide [mo', 'en2021] and [smith', '2020].']))
    const { response, events, text } = await stream()
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(text.startsWith(': keep-alive\n\n')).toBe(true)
    const names = events.map(({ event }) => event)
    expect(names.indexOf('citation')).toBeGreaterThan(-1)
    expect(names.filter((name) => name === 'citation')).toHaveLength(1)
    expect(names.at(-1)).toBe('done')
    const told = events.flatMap(({ event, data }) => (event === 'delta' ? [Delta.parse(data).text] : []))
    expect(told.join('')).toBe('The tide [moen2021] and [?].')
    const named = events.findIndex(
      ({ event, data }) => event === 'delta' && Delta.parse(data).text.includes('moen2021'),
    )
    expect(names.indexOf('citation')).toBeLessThan(named)
    expect(events.at(-1)?.data).toMatchObject({ kind: 'written', unknownKeys: ['smith2020'] })
    expect(text).not.toContain('smith2020]')
  })

  it('does without the model where the request says so, and asks nobody where no paper speaks of it', async () => {
    upstream.behave(refuses(500, {}))
    expect(await (await ask({ extractive: true })).json()).toMatchObject({ kind: 'extractive', model: null })
    expect(await (await ask({ question: OTHER })).json()).toMatchObject({ kind: 'nothing', confidence: 'none' })
    const { events } = await stream({ question: OTHER })
    expect(events.map(({ event }) => event)).toEqual(['delta', 'done'])
    expect(upstream.received).toEqual([])
  })

  it.each([
    [{ question: '' }, 'question'],
    [{ maxTokens: 1 }, 'maxTokens'],
    [{ contextTokens: 5 }, 'contextTokens'],
    [{ temperature: 1 }, 'temperature'],
    [{ filter: { nothing: 1 }, stream: true }, 'filter'],
  ])('refuses %j before anything is streamed', async (body, path) => {
    const response = await ask(body)
    expect(response.status).toBe(400)
    const { issues = [] } = Problem.strict().parse(await response.json())
    expect(issues[0]?.path).toContain(path)
  })

  it('is part of the contract, as JSON and as events', async () => {
    const { paths } = await app.json<{ paths: Record<string, unknown> }>('/openapi.json')
    expect(paths['/v1/ask']).toMatchObject({
      post: {
        operationId: 'ask',
        responses: {
          200: { content: { 'application/json': expect.anything(), 'text/event-stream': expect.anything() } },
          502: expect.anything(),
          504: expect.anything(),
        },
      },
    })
  })
})

describe('an endpoint that fails', () => {
  it.each([
    [refuses(401, { message: `wrong key ${KEY}` }), 502, 'UPSTREAM_FAILED'],
    [refuses(500, {}), 502, 'UPSTREAM_FAILED'],
    [breaksOff(['The tide ']), 502, 'UPSTREAM_FAILED'],
    [refuses(504, {}), 504, 'UPSTREAM_TIMEOUT'],
    [refuses(429, {}, { 'retry-after': '17' }), 503, 'OVERLOADED'],
  ])('%# is a problem as JSON, and an event of an open stream', async (behaviour, status, code) => {
    upstream.behave(behaviour)
    const response = await ask({})
    const problem = Problem.strict().parse(await response.json())
    expect([response.status, problem.code]).toEqual([status, code])
    const { response: opened, events } = await stream()
    expect(opened.status).toBe(200)
    const { requestId: _, ...same } = problem
    expect(events.at(-1)).toMatchObject({ event: 'error', data: same })
    expect(events.filter(({ event }) => event === 'done')).toEqual([])
  })

  it('says how long to wait, in the header and in the problem', async () => {
    upstream.behave(refuses(429, {}, { 'retry-after': '17' }))
    const response = await ask({})
    expect(response.headers.get('retry-after')).toBe('17')
    expect(await response.json()).toMatchObject({ retryAfterSeconds: 17 })
  })

  it('is logged with its words, and the key is not', async () => {
    upstream.behave(refuses(401, { message: `wrong key ${KEY}` }))
    app.logged.splice(0)
    const texts = [await (await ask({})).text(), (await stream()).text]
    const failed = app.logged.filter(({ msg }) => msg === 'request failed')
    expect(failed).toHaveLength(2)
    expect(JSON.stringify(failed)).toContain('wrong key (secret)')
    expect(JSON.stringify(app.logged)).not.toContain(KEY)
    expect(texts.join()).not.toMatch(/wrong key|sk-/)
  })
})

describe('a client that leaves', () => {
  it.each([
    ['an open stream in the middle', { stream: true }, hangs(['The tide '])],
    ['an open stream before the first word', { stream: true }, ignores],
  ])('%s ends the request at the endpoint', async (_what, body, behaviour) => {
    const server = await startServer(app.context, { host: '127.0.0.1', port: 0 })
    onTestFinished(server.close)
    const asked = promised<{ readonly ended: Promise<boolean> }>()
    upstream.behave((response, received) => {
      behaviour(response, received)
      asked.resolve(received)
    })
    const response = await connectTo(server.url, body)
    const { ended } = await asked.promise
    response.destroy()
    expect(await ended).toBe(false)
  })

  it('ends the request at the endpoint also where it waits for JSON', async () => {
    const server = await startServer(app.context, { host: '127.0.0.1', port: 0 })
    onTestFinished(server.close)
    const asked = promised<{ readonly ended: Promise<boolean> }>()
    upstream.behave((response, received) => {
      hangs(['The tide '])(response, received)
      asked.resolve(received)
    })
    const leaving = new AbortController()
    const waiting = fetch(`${server.url}/v1/ask`, { ...post({ question: QUESTION }), signal: leaving.signal })
    const { ended } = await asked.promise
    leaving.abort()
    await expect(waiting).rejects.toThrow()
    expect(await ended).toBe(false)
  })

  it('is kept connected by comments while the model is silent', async () => {
    const server = await startServer({ ...app.context, keepAliveMs: 10 }, { host: '127.0.0.1', port: 0 })
    onTestFinished(server.close)
    upstream.behave(ignores)
    const response = await connectTo(server.url, {})
    let seen = ''
    for await (const piece of response) {
      seen += String(piece)
      if (seen.split(': keep-alive\n\n').length > 4) break
    }
    expect(seen).toMatch(/^(: keep-alive\n\n){4,}$/)
  })
})
