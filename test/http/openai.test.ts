import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KindredError } from '../../src/domain/errors.ts'
import { createApp } from '../../src/http/app.ts'
import { runServer } from '../support/running-server.ts'
import { post } from './open-app.ts'

let app: Awaited<ReturnType<typeof runServer>>
let client: OpenAI
beforeAll(async () => {
  app = await runServer()
  client = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: 'none', maxRetries: 0 })
})
afterAll(() => app.close())

const TEXTS = ['A tide gauge reads the harbour.', 'Glaciers shrink.', '冰 \u0000 🚀']

describe('the OpenAI client', () => {
  it('gets the vectors of the model, in order, by default in base64', async () => {
    const { data, model, object } = await client.embeddings.create({ model: 'hash', input: TEXTS })
    const vectors = await app.kindred.deps.embedder.embed(TEXTS, 'passage')
    expect({ model, object }).toEqual({ model: 'hash', object: 'list' })
    expect(data.map(({ embedding }) => embedding)).toEqual(vectors.map((vector) => [...vector]))
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2])
  })

  it('gets the same as numbers, and for one text alone', async () => {
    const asked = { model: 'hash', input: TEXTS[0] ?? '' }
    const { data: coded } = await client.embeddings.create(asked)
    const { data: numbers } = await client.embeddings.create({ ...asked, encoding_format: 'float', dimensions: 64 })
    expect(numbers).toEqual(coded)
    expect(numbers).toHaveLength(1)
  })

  it('is told how many tokens the model read', async () => {
    const { usage } = await client.embeddings.create({ model: 'hash', input: TEXTS })
    expect(usage).toEqual({ prompt_tokens: 9, total_tokens: 9 })
  })

  it('hands in 2,048 texts at once', async () => {
    const input = Array.from({ length: 2_048 }, (_, n) => `Text number ${n} of many`)
    const { data } = await client.embeddings.create({ model: 'hash', input })
    const [last] = await app.kindred.deps.embedder.embed(input.slice(-1), 'passage')
    expect(data.map(({ index }) => index)).toEqual(input.map((_, n) => n))
    expect(data.at(-1)?.embedding).toEqual([...(last ?? [])])
  })

  it('lists the models and looks one up, also by the name it has elsewhere', async () => {
    const models = await client.models.list()
    expect(models.data).toEqual([{ id: 'hash', object: 'model', created: 0, owned_by: 'kindred' }])
    expect((await client.models.retrieve('somebody/Hash')).id).toBe('hash')
  })

  it('throws its own errors', async () => {
    const unknown = client.embeddings.create({ model: 'text-embedding-3-small', input: 'tide' })
    await expect(unknown).rejects.toMatchObject({ status: 404, code: 'model_not_found', type: 'invalid_request_error' })
    await expect(unknown).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    await expect(client.models.retrieve('gpt-4o')).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    const shorter = client.embeddings.create({ model: 'hash', input: 'tide', dimensions: 32 })
    await expect(shorter).rejects.toMatchObject({
      status: 400,
      param: 'dimensions',
      message: expect.stringContaining('64'),
    })
  })

  it.each<[string | string[] | number[] | number[][], string, string]>([
    [[1, 2, 3], 'input.0', 'token ids'],
    [[[1, 2], [3]], 'input.0', 'token ids'],
    ['', 'input.0', 'empty'],
    [[], 'input', 'empty'],
    [['tide', ''], 'input.1', 'empty'],
    [Array<string>(2_049).fill('tide'), 'input', '2048'],
    ['x'.repeat(100_001), 'input.0', '100000'],
  ])('is refused input that is no text: %#', async (input, param, told) => {
    const refused = client.embeddings.create({ model: 'hash', input })
    await expect(refused).rejects.toMatchObject({ status: 400, param, message: expect.stringContaining(told) })
  })
})

describe('POST /v1/embeddings', () => {
  it('answers a problem whole, beside what clients of OpenAI read', async () => {
    const response = await app.request('/v1/embeddings', post({ input: 'tide', model: 'other' }))
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.json()).toMatchObject({
      code: 'MODEL_UNKNOWN',
      remedy: expect.stringContaining('/v1/models'),
      error: { code: 'model_not_found', message: expect.stringContaining('other') },
    })
  })

  it('tells refusals before the route in the same way', async () => {
    const response = await app.request('/v1/embeddings', { headers: { host: 'example.org' } })
    expect(await response.json()).toMatchObject({ status: 403, error: { code: 'FORBIDDEN', param: null } })
  })

  it('refuses a body over the limit', async () => {
    const body = { input: 'x'.repeat(33 * 1024 * 1024), model: 'hash' }
    expect(await (await app.request('/v1/embeddings', post(body))).json()).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      error: { type: 'invalid_request_error' },
    })
  })

  it('reads and counts questions as questions where it is told so, passages else, until the client goes away', async () => {
    const { deps } = app.kindred
    const asked: string[] = []
    const note = (what: string, signal: AbortSignal | undefined) => asked.push(signal ? what : `${what}, endless`)
    const embed: typeof deps.embedder.embed = (texts, kind, signal) => {
      note(`embed ${kind}`, signal)
      return deps.embedder.embed(texts, kind, signal)
    }
    const countTokens: typeof deps.embedder.countTokens = (texts, kind, signal) => {
      note(`count ${kind}`, signal)
      return deps.embedder.countTokens(texts, kind, signal)
    }
    const embedder = { ...deps.embedder, embed, countTokens }
    const other = createApp({ ...app.context, deps: { ...deps, embedder } })
    for (const input_type of [undefined, 'document', 'passage', 'query'])
      await other.request('/v1/embeddings', post({ input: 'tide', model: 'hash', input_type }))
    const kinds = ['passage', 'passage', 'passage', 'query']
    expect(asked).toEqual(kinds.flatMap((kind) => [`embed ${kind}`, `count ${kind}`]))
  })

  it('names the text that the model fails at, wherever it stands in the list', async () => {
    const { deps } = app.kindred
    const embed: typeof deps.embedder.embed = async (texts, kind, signal) => {
      if (texts.includes('poison')) throw new KindredError('EMBEDDING_FAILED')
      return deps.embedder.embed(texts, kind, signal)
    }
    const other = createApp({ ...app.context, deps: { ...deps, embedder: { ...deps.embedder, embed } } })
    const input = Array.from({ length: 200 }, (_, n) => (n === 150 ? 'poison' : `text ${n}`))
    const response = await other.request('/v1/embeddings', post({ input, model: 'hash' }))
    expect(await response.json()).toMatchObject({ status: 500, error: { param: 'input.150', type: 'server_error' } })
  })

  it('stops when the client goes away', async () => {
    const { deps } = app.kindred
    const controller = new AbortController()
    let embedded = 0
    const embed: typeof deps.embedder.embed = (texts, kind, signal) => {
      embedded += texts.length
      if (embedded === 10) controller.abort()
      return deps.embedder.embed(texts, kind, signal)
    }
    const other = createApp({ ...app.context, deps: { ...deps, embedder: { ...deps.embedder, embed } } })
    const input = Array.from({ length: 2_000 }, (_, n) => `text ${n}`)
    const request = { ...post({ input, model: 'hash' }), signal: controller.signal }
    expect(await (await other.request('/v1/embeddings', request)).json()).toMatchObject({ code: 'INTERRUPTED' })
    expect(embedded).toBeLessThan(100)
  })
})
