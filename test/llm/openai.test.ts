import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createOpenAiChat, type OpenAiOptions } from '../../src/llm/openai.ts'
import { chatModelContract, readAll } from '../contract/chat-model.ts'
import {
  breaksOff,
  dribbles,
  hangs,
  ignores,
  type OpenAiServer,
  refuses,
  says,
  sends,
  startOpenAiServer,
} from '../support/openai-server.ts'

const KEY = 'sk-secret-of-the-tests'
const PATIENT = 200_000

chatModelContract('an OpenAI-compatible endpoint', async () => {
  const server = await startOpenAiServer()
  const options = { baseUrl: server.baseUrl, model: 'frog-1', timeoutMs: PATIENT, maxTokens: 100, temperature: 0 }
  return {
    chat: createOpenAiChat(options),
    says: (pieces) => server.behave(says(pieces)),
    hangs: (pieces) => server.behave(hangs(pieces)),
    ended: async () => server.received.at(-1)?.ended,
    close: server.close,
  }
})

let server: OpenAiServer
beforeAll(async () => {
  server = await startOpenAiServer()
})
afterAll(() => server.close())

const open = (over: Partial<OpenAiOptions> = {}) =>
  createOpenAiChat({
    baseUrl: server.baseUrl,
    model: 'frog-1',
    apiKey: KEY,
    timeoutMs: PATIENT,
    maxTokens: 100,
    temperature: 0.5,
    ...over,
  })

const refusal = (over?: Partial<OpenAiOptions>) =>
  readAll(open(over)).then(
    () => {
      throw new Error('nothing was refused')
    },
    (error: unknown) => error,
  )

describe('a request', () => {
  it('holds model, messages, temperature and the lesser of the two limits, and asks for a stream with its usage', async () => {
    server.behave(says(['Hi.']))
    const messages = [{ role: 'user', content: 'Hello' }] as const
    const { end } = await readAll(open(), { messages, maxTokens: 5_000 })
    await readAll(open(), { messages, maxTokens: 50 })
    expect(end).toEqual({ finish: 'stop', usage: { promptTokens: 321, completionTokens: 12 } })
    const [first, second] = server.received
    expect(first?.path).toBe('/v1/chat/completions')
    expect(first?.body).toEqual({
      model: 'frog-1',
      messages,
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      max_tokens: 100,
    })
    expect(second?.body.max_tokens).toBe(50)
  })

  it('carries the key that is configured, none where none is, and nothing of the environment', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-the-environment')
    vi.stubEnv('OPENAI_ORG_ID', 'org-of-the-environment')
    vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:9/v1')
    server.behave(says(['Hi.']))
    await readAll(open())
    await readAll(open({ apiKey: undefined }))
    vi.unstubAllEnvs()
    const [withKey, without] = server.received.map(({ headers }) => headers)
    expect(withKey?.authorization).toBe(`Bearer ${KEY}`)
    expect(without?.authorization).toBeUndefined()
    expect(JSON.stringify([withKey, without])).not.toContain('of-the-environment')
  })

  it('is sent again without what the endpoint refuses to be told, which is remembered', async () => {
    const refused = (param: string) => refuses(400, { message: 'no', code: 'unsupported_parameter', param })
    server.behave(refused('max_tokens'), refused('temperature'), says(['Hi.']))
    const chat = open()
    expect((await readAll(chat)).text).toBe('Hi.')
    await readAll(chat)
    expect(server.received).toHaveLength(4)
    for (const { body } of server.received.slice(2)) {
      expect(body).toMatchObject({ max_completion_tokens: 100 })
      expect(body).not.toHaveProperty('max_tokens')
      expect(body).not.toHaveProperty('temperature')
    }
  })
})

describe('an answer', () => {
  it.each([1, 3, 17])('is the same where bytes come %i at a time', async (bytes) => {
    server.behave(dribbles(['Frösche ', '🐸 [a', '2020] ', '漢字'], bytes))
    expect((await readAll(open())).text).toBe('Frösche 🐸 [a2020] 漢字')
  })

  it.each([
    ['length', 'length'],
    ['content_filter', 'filter'],
    ['something_new', 'stop'],
  ])('that ends by %s is told to end by %s', async (reason, finish) => {
    server.behave(says(['Frogs'], reason))
    expect((await readAll(open())).end).toMatchObject({ finish })
  })
})

describe('an endpoint that fails', () => {
  it.each([
    [401, 'UPSTREAM_FAILED'],
    [403, 'UPSTREAM_FAILED'],
    [404, 'UPSTREAM_FAILED'],
    [400, 'UPSTREAM_FAILED'],
    [500, 'UPSTREAM_FAILED'],
    [503, 'UPSTREAM_FAILED'],
    [408, 'UPSTREAM_TIMEOUT'],
    [504, 'UPSTREAM_TIMEOUT'],
    [429, 'OVERLOADED'],
  ])('with %i is %s, asked once, and neither its words nor the key are told', async (status, code) => {
    server.behave(refuses(status, { message: `no, ${KEY} is not welcome`, param: 'model' }))
    const error = await refusal()
    expect(error).toMatchObject({ code, message: expect.stringContaining(String(status)) })
    expect(String(error)).not.toMatch(/welcome|sk-/)
    expect(String((error as Error).cause)).toContain('(secret) is not welcome')
    expect(String((error as Error).cause)).not.toContain(KEY)
    expect(server.received).toHaveLength(1)
  })

  it.each([
    ['7', 7],
    ['0.5', 1],
    ['999999', 3_600],
    ['soon', undefined],
  ])('with Retry-After %s says to wait %s seconds', async (given, seconds) => {
    server.behave(refuses(429, {}, { 'retry-after': given }))
    expect(await refusal()).toMatchObject({ code: 'OVERLOADED', retryAfterSeconds: seconds })
  })

  it('says how long to wait where Retry-After is a date', async () => {
    server.behave(refuses(429, {}, { 'retry-after': new Date(Date.now() + 90_000).toUTCString() }))
    const { retryAfterSeconds } = (await refusal()) as { retryAfterSeconds: number }
    expect(retryAfterSeconds).toBeGreaterThan(60)
    expect(retryAfterSeconds).toBeLessThanOrEqual(90)
  })

  it.each([
    ['no JSON', 'data: {"choices": [{"del\n\n', 'not of its protocol'],
    ['JSON of another shape', 'data: null\n\n', 'broke off'],
    ['no event at all', '<html>Welcome</html>', 'broke off'],
    ['nothing', '', 'broke off'],
    ['an error as an event', 'data: {"error": {"message": "out of memory"}}\n\n', 'in the middle'],
    ['an answer without an end', 'data: {"choices": [{"delta": {"content": "Frogs"}}]}\n\n', 'broke off'],
    ['an end without an answer of the model', 'data: [DONE]\n\n', 'broke off'],
  ])('by sending %s is UPSTREAM_FAILED', async (_what, text, detail) => {
    server.behave(sends(text))
    expect(await refusal()).toMatchObject({ code: 'UPSTREAM_FAILED', message: expect.stringContaining(detail) })
  })

  it('by cutting the connection is UPSTREAM_FAILED', async () => {
    server.behave(breaksOff(['Frogs ']))
    expect(await refusal()).toMatchObject({ code: 'UPSTREAM_FAILED', message: expect.stringContaining('broke off') })
  })

  it('by not being there is UPSTREAM_FAILED', async () => {
    const port = await new Promise<number>((resolve) => {
      const taken = createServer().listen(0, '127.0.0.1', () => {
        const address = taken.address()
        taken.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
      })
    })
    const error = await refusal({ baseUrl: `http://127.0.0.1:${port}/v1` })
    expect(error).toMatchObject({ code: 'UPSTREAM_FAILED', message: expect.stringContaining('cannot be reached') })
  })

  it.each([
    ['before it answers', ignores],
    ['after its headers', hangs()],
    ['in the middle', hangs(['Frogs '])],
  ])('by silence %s is UPSTREAM_TIMEOUT, and the request is ended', async (_when, behaviour) => {
    server.behave(behaviour)
    expect(await refusal({ timeoutMs: 200 })).toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      message: expect.stringContaining('silent for 200 ms'),
    })
    expect(await server.received[0]?.ended).toBe(false)
  })

  it('by never ending is UPSTREAM_TIMEOUT too, however much it says', async () => {
    const drip = hangs(['Frogs '])
    server.behave(async (response, received) => {
      drip(response, received)
      const again = setInterval(() => response.write('data: {"choices": [{"delta": {"content": "and "}}]}\n\n'), 20)
      response.once('close', () => clearInterval(again))
    })
    expect(await refusal({ timeoutMs: 100 })).toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      message: expect.stringContaining('did not end within 1000 ms'),
    })
    expect(await server.received[0]?.ended).toBe(false)
  })
})
