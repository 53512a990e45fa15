import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openKindred } from '../../src/compose.ts'
import { Settings } from '../../src/config/settings.ts'
import { KindredError } from '../../src/domain/errors.ts'
import { createApp } from '../../src/http/app.ts'
import { tempDir } from '../support/temp-dir.ts'
import { logistic, tinyLogit, writeTinyReranker } from '../support/tiny-reranker.ts'
import { openApp, post } from './open-app.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const QUERY = 'clouds over sea ice'
const TEXTS = ['Bread crackles while it cools.', 'Clouds hide sea ice.', '', 'Sea water is salt.']

interface Reranked {
  readonly model: string
  readonly results: readonly { index: number; relevance_score: number; document?: { text: string } }[]
}
type Ranks = readonly { index: number; score: number; text?: string }[]

async function cosines(): Promise<number[]> {
  const { embedder } = app.kindred.deps
  const [question] = await embedder.embed([QUERY], 'query')
  const vectors = await embedder.embed(TEXTS, 'passage')
  return vectors.map((vector) => vector.reduce((sum, value, at) => sum + value * (question?.[at] ?? 0), 0))
}

/** The same with a cross-encoder that counts shared words. */
async function withCrossEncoder() {
  const dir = tempDir()
  const rerankModel = join(dir, 'tiny')
  writeTinyReranker(rerankModel, { words: ['clouds', 'sea', 'ice'] })
  const config = Settings.parse({ indexDir: dir, model: 'hash', rerankModel })
  const { deps, readBody, close } = await openKindred(config)
  onTestFinished(close)
  const other = createApp({ ...app.context, deps, readBody })
  const json = async <T>(path: string, init?: RequestInit) => (await (await other.request(path, init)).json()) as T
  return { json, request: other.request }
}

describe.each(['/v1/rerank', '/v2/rerank'])('POST %s', (path) => {
  it('orders texts by their chance to answer the question', async () => {
    const { model, results } = await app.json<Reranked>(path, post({ query: QUERY, documents: TEXTS }))
    expect(model).toBe('hash')
    const similarities = await cosines()
    const order = TEXTS.map((_, at) => at).sort((one, other) => (similarities[other] ?? 0) - (similarities[one] ?? 0))
    expect(results.map(({ index }) => index)).toEqual(order)
    expect(results[0]).toMatchObject({ index: 1 })
    for (const { relevance_score } of results) {
      expect(relevance_score).toBeGreaterThan(0)
      expect(relevance_score).toBeLessThan(1)
    }
  })

  it('lists top_n of them, with their texts where they are wanted', async () => {
    const documents = TEXTS.map((text, at) => (at % 2 === 0 ? text : { text }))
    const body = { model: 'hash', query: QUERY, documents, top_n: 2, return_documents: true }
    const { results } = await app.json<Reranked>(path, post(body))
    expect(results.map(({ index, document }) => document?.text === TEXTS[index])).toEqual([true, true])
    const all = await app.json<Reranked>(path, post({ ...body, top_n: 99, return_documents: false }))
    expect(all.results).toHaveLength(TEXTS.length)
    expect(all.results[0]).not.toHaveProperty('document')
  })

  it('is answered by the cross-encoder where one is configured', async () => {
    const other = await withCrossEncoder()
    const { model, results } = await other.json<Reranked>(path, post({ model: 'tiny', query: QUERY, documents: TEXTS }))
    expect(model).toBe('tiny')
    const expected = [1, 3, 0, 2].map((index, at) => ({ index, shared: [3, 1, 0, 0][at] ?? 0 }))
    expect(results.map(({ index }) => index)).toEqual(expected.map(({ index }) => index))
    for (const [at, { shared }] of expected.entries())
      expect(results[at]?.relevance_score).toBeCloseTo(logistic(tinyLogit(shared)), 5)
    expect(await other.json('/v1/models')).toMatchObject({ data: [{ id: 'hash' }, { id: 'tiny' }] })
    // The embedder's scores would be of another kind.
    expect((await other.request(path, post({ model: 'hash', query: QUERY, documents: TEXTS }))).status).toBe(404)
  })

  it.each([
    [{ query: QUERY, documents: TEXTS, model: 'rerank-v3.5' }, 404, 'rerank-v3.5'],
    [{ query: QUERY, documents: [] }, 400, 'documents'],
    [{ query: ' ', documents: TEXTS }, 400, 'query'],
    [{ query: QUERY, documents: [1] }, 400, 'documents.0'],
    [{ query: QUERY, documents: [{ text: 'a', title: 'b' }] }, 400, 'documents.0'],
    [{ query: QUERY, documents: TEXTS, top_n: 0 }, 400, 'top_n'],
    [{ query: QUERY, documents: TEXTS, max_tokens_per_doc: 9 }, 400, 'max_tokens_per_doc'],
    [{ query: QUERY, documents: Array(1_001).fill('a') }, 400, 'documents'],
  ])('tells in `message` what is wrong: %#', async (body, status, told) => {
    const response = await app.request(path, post(body))
    expect(await response.json()).toMatchObject({ status, message: expect.stringContaining(told) })
  })
})

describe('POST /rerank', () => {
  it('answers the list of Text Embeddings Inference, best first', async () => {
    const ranks = await app.json<Ranks>('/rerank', post({ query: QUERY, texts: TEXTS, return_text: true }))
    expect(ranks.map(({ index, text }) => text === TEXTS[index])).toEqual([true, true, true, true])
    expect(ranks.map(({ score }) => score)).toEqual(ranks.map(({ score }) => score).toSorted((a, b) => b - a))
    expect(Object.keys((await app.json<Ranks>('/rerank', post({ query: QUERY, texts: TEXTS })))[0] ?? {})).toEqual([
      'index',
      'score',
    ])
  })

  it('gives the cosine as the raw score, and the logit of a cross-encoder', async () => {
    const body = { query: QUERY, texts: TEXTS, raw_scores: true, truncate: true, truncation_direction: 'Right' }
    const similarities = await cosines()
    for (const { index, score } of await app.json<Ranks>('/rerank', post(body)))
      expect(score).toBeCloseTo(similarities[index] ?? Number.NaN, 5)
    const other = await withCrossEncoder()
    const [best] = await other.json<Ranks>('/rerank', post(body))
    expect(best).toMatchObject({ index: 1, score: expect.closeTo(tinyLogit(3), 4) })
  })

  it('takes a thousand texts, in the order of the list where they tie', async () => {
    const texts = Array.from({ length: 1_000 }, (_, n) => (n === 700 ? QUERY : 'bread'))
    const ranks = await app.json<Ranks>('/rerank', post({ query: QUERY, texts }))
    const others = texts.map((_, n) => n).filter((n) => n !== 700)
    expect(ranks.map(({ index }) => index)).toEqual([700, ...others])
  })

  it.each([
    [{ query: QUERY, texts: TEXTS, truncate: false }, 'truncate'],
    [{ query: QUERY, documents: TEXTS }, 'texts'],
    [{ query: QUERY, texts: [] }, 'texts'],
  ])('tells what is wrong as Text Embeddings Inference does: %#', async (body, told) => {
    const response = await app.request('/rerank', post(body))
    expect(await response.json()).toMatchObject({
      status: 400,
      error_type: 'Validation',
      error: expect.stringContaining(told),
    })
  })

  it('reads the query as a question and the texts as passages, until the client goes away', async () => {
    const { deps } = app.kindred
    const asked: string[] = []
    const embed: typeof deps.embedder.embed = (texts, kind, signal) => {
      asked.push(`${kind}: ${texts.join()}${signal ? '' : ', endless'}`)
      return deps.embedder.embed(texts, kind, signal)
    }
    const other = createApp({ ...app.context, deps: { ...deps, embedder: { ...deps.embedder, embed } } })
    await other.request('/rerank', post({ query: '$a$ tide', texts: ['one $\\alpha$', 'two'] }))
    // As in a search: without markup.
    expect(asked).toEqual(['query: a tide', 'passage: one α', 'passage: two'])
  })

  it('fails when the cross-encoder does: no score of another kind takes its place', async () => {
    const { deps } = app.kindred
    const score = () => Promise.reject(new KindredError('OVERLOADED'))
    const reranker = { model: 'busy', score, close: async () => undefined }
    const rerank = { reranker, depth: 1, budgetMs: 1, onFailure: () => undefined }
    const response = await createApp({ ...app.context, deps: { ...deps, rerank } }).request(
      '/rerank',
      post({ query: QUERY, texts: TEXTS }),
    )
    expect(response.headers.get('retry-after')).toBe('1')
    expect(await response.json()).toMatchObject({ status: 503, error_type: 'Overloaded' })
  })
})
