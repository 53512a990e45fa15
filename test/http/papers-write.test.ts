import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Paper } from '../../src/domain/paper.ts'
import type { IngestResult, List, PaperPage } from '../../src/domain/query.ts'
import { openApp, post } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeEach(async () => {
  app = await openApp()
})
afterEach(() => app.close())

const NDJSON = 'application/x-ndjson'
const total = async () => (await app.json<PaperPage>('/v1/papers')).total

/** A body that arrives in pieces and announces no length. */
function chunked(chunks: Iterable<Uint8Array>, type = 'application/json'): RequestInit {
  const iterator = chunks[Symbol.iterator]()
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const { done, value } = iterator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
  return { method: 'POST', headers: { 'content-type': type }, body, duplex: 'half' }
}

describe('POST /v1/papers', () => {
  it('takes a JSON array; the papers are found at once', async () => {
    const added = {
      title: 'Moss on North Walls',
      abstract: 'Moss grows where walls stay damp.',
      arxivId: '2401.00001v2',
    }
    const result = await app.json<IngestResult>('/v1/papers', post([added, PAPERS[0]]))
    expect(result).toEqual({ added: 1, updated: 0, unchanged: 1, embedded: 1, rejected: [] })
    const { data } = await app.json<List>('/v1/search?q=moss%20damp%20walls&limit=1')
    expect(data[0]).toMatchObject({ title: added.title, arxivId: '2401.00001', sources: ['api'] })
    expect(await app.json('/v1/papers/arxiv:2401.00001')).toMatchObject({ id: data[0]?.id })
  })

  it('takes NDJSON, blank lines and all', async () => {
    const lines = ['{"title":"One Line"}', '', '  ', '{"title":"Another Line"}\r', ''].join('\n')
    expect(await app.json('/v1/papers', post(lines, `${NDJSON}; charset=utf-8`))).toMatchObject({
      added: 2,
      rejected: [],
    })
  })

  it('takes a body that arrives byte by byte', async () => {
    const bytes = new TextEncoder().encode('\ufeff [ {"title": "Käse und Brot 冰"} , {"title": "Zweites"} ]')
    const result = await app.json('/v1/papers', chunked(Array.from(bytes, (byte) => Uint8Array.of(byte))))
    expect(result).toMatchObject({ added: 2, rejected: [] })
    expect(await app.json(`/v1/papers/match?title=${encodeURIComponent('Käse und Brot 冰')}`)).toBeTruthy()
  })

  it.each([
    ['[]', 'application/json'],
    [' [ ] ', 'application/json'],
    ['', NDJSON],
    ['\n\n', NDJSON],
  ])('answers %j with zeros', async (body, type) => {
    expect(await app.json('/v1/papers', post(body, type))).toEqual({
      added: 0,
      updated: 0,
      unchanged: 0,
      embedded: 0,
      rejected: [],
    })
  })

  it('makes one paper of a request that is sent five times at once', async () => {
    const request = () =>
      app.json<IngestResult>('/v1/papers', post([{ title: 'Sent Again', abstract: 'Lost answers.' }]))
    const results = await Promise.all(Array.from({ length: 5 }, request))
    expect(results.map(({ added, unchanged }) => added + unchanged)).toEqual([1, 1, 1, 1, 1])
    expect(results.filter(({ added }) => added === 1)).toHaveLength(1)
    const { data } = await app.json<List>('/v1/search?q=lost%20answers&mode=lexical')
    expect(data.filter(({ title }) => title === 'Sent Again')).toHaveLength(1)
  })

  it('takes the name of the file that the papers stand in', async () => {
    const url = '/v1/papers?source=shelf.csv&run=8b9d0c5e-3f50-4b1c-9d0e-2f4d6c1a7b11'
    expect(await app.json(url, post([{ title: 'From a Shelf' }]))).toMatchObject({ added: 1 })
    expect(await app.json('/v1/papers/match?title=from%20a%20shelf')).toMatchObject({ sources: ['shelf.csv'] })
    for (const query of ['source=', 'run=1', 'file=x']) {
      expect((await app.request(`/v1/papers?${query}`, post([]))).status).toBe(400)
    }
  })

  it('replaces what a changed record says, and its vector', async () => {
    const changed = { ...PAPERS[3], abstract: 'Moss grows where walls stay damp.' }
    expect(await app.json('/v1/papers', post([changed]))).toMatchObject({ added: 0, updated: 1 })
    const { data } = await app.json<List>(
      '/v1/similar',
      post({ title: changed.title, abstract: changed.abstract, limit: 1 }),
    )
    expect(data[0]).toMatchObject({ id: 'bread-crust', abstract: changed.abstract })
    expect(data[0]?.score).toBeCloseTo(1)
  })

  it('lists every record at fault by line and code, and takes the others', async () => {
    const lines = [
      '{"title":"First"}',
      '{"title":',
      '{"title":""}',
      '{"title":"Odd","colour":"red"}',
      '42',
      '{"title":"Late","publishedAt":"2023-02-30"}',
      '{"title":"Last"}',
    ]
    const result = await app.json<IngestResult>('/v1/papers', post(lines.join('\n'), NDJSON))
    expect(result).toMatchObject({ added: 2, updated: 0, unchanged: 0 })
    expect(result.rejected.map(({ line, code }) => [line, code])).toEqual([
      [2, 'RECORD_BROKEN'],
      [3, 'RECORD_INVALID'],
      [4, 'RECORD_INVALID'],
      [5, 'RECORD_INVALID'],
      [6, 'RECORD_INVALID'],
    ])
    expect(result.rejected[2]?.detail).toContain('colour')
  })

  it('uses an embedding of the configured model as it is', async () => {
    const { dimension, fingerprint } = app.kindred.deps.embedder
    const embedding = Array.from({ length: dimension }, (_, at) => (at === 3 ? 1 : 0))
    const record = { id: 'own-vector', title: 'Own Vector', embedding, embeddingModel: fingerprint }
    expect(await app.json('/v1/papers', post([record]))).toMatchObject({ added: 1, rejected: [] })
    const [stored] = await app.kindred.deps.store.get(['own-vector'])
    expect(Array.from((await app.kindred.deps.index.vectorOf(stored?.key ?? 0)) ?? [])).toEqual(embedding)
  })

  it.each([
    ['an object', '{"title":"Alone"}'],
    ['a text', '"paper"'],
    ['null', 'null'],
    ['nothing', ''],
    ['blanks', ' \n '],
    ['a page', '<!doctype html><title>Hello</title>'],
  ])('refuses a JSON body that is %s', async (_, body) => {
    const response = await app.request('/v1/papers', post(body))
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect(await total()).toBe(PAPERS.length)
  })

  it('keeps the whole records of a body that ends too early', async () => {
    const result = await app.json<IngestResult>('/v1/papers', post('[{"title":"Whole"},{"title":"Ha'))
    expect(result).toMatchObject({ added: 1, rejected: [{ line: 1, code: 'RECORD_BROKEN' }] })
    expect(await total()).toBe(PAPERS.length + 1)
  })

  it('stops at a body of nothing but broken lines, and says so', async () => {
    const response = await app.request('/v1/papers', post('x\n'.repeat(10_001), NDJSON))
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect(await app.json('/v1/papers', post('x\n'.repeat(10_000), NDJSON))).toMatchObject({ added: 0 })
  })

  it('refuses more than 32 MiB, announced or not', async () => {
    const mebibyte = new Uint8Array(1024 * 1024).fill(0x20)
    const announced = post('[]')
    announced.headers = { 'content-type': 'application/json', 'content-length': String(33 * mebibyte.length) }
    for (const init of [announced, chunked(Array(33).fill(mebibyte), NDJSON)]) {
      const response = await app.request('/v1/papers', init)
      expect(await response.json()).toMatchObject({ status: 413, code: 'PAYLOAD_TOO_LARGE' })
    }
  })

  it('gives up on a body that stops arriving', async ({ onTestFinished }) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"title":"Before the Silence"}\n')),
    })
    const pending = app.request('/v1/papers', { ...chunked([], NDJSON), body })
    await vi.advanceTimersByTimeAsync(30_000)
    expect(await (await pending).json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST' })
    expect(await total()).toBe(PAPERS.length + 1)
  })
})

describe('DELETE /v1/papers/{id}', () => {
  it('takes the paper out of every answer', async () => {
    const response = await app.request('/v1/papers/bread-crust', { method: 'DELETE' })
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect((await app.request('/v1/papers/bread-crust')).status).toBe(404)
    expect((await app.request('/v1/papers/bread-crust/similar')).status).toBe(404)
    expect(await app.json<(Paper | null)[]>('/v1/papers/batch', post({ ids: ['bread-crust'] }))).toEqual([null])
    for (const path of [
      '/v1/search?q=bread%20crust&limit=100',
      '/v1/papers/sourdough/similar?limit=100',
      '/v1/papers',
    ]) {
      const { data } = await app.json<{ data: Paper[] }>(path)
      expect(data.map(({ id }) => id)).not.toContain('bread-crust')
    }
    expect(await total()).toBe(PAPERS.length - 1)
  })

  it.each(['doi%3A10.5555%2Fsurge%2F17', 'arxiv:2103.01234', 'sea-ice%2F2020'])('takes %s', async (reference) => {
    expect((await app.request(`/v1/papers/${reference}`, { method: 'DELETE' })).status).toBe(204)
    expect((await app.request(`/v1/papers/${reference}`)).status).toBe(404)
  })

  it('answers PAPER_NOT_FOUND the second time', async () => {
    await app.request('/v1/papers/sourdough', { method: 'DELETE' })
    const again = await app.request('/v1/papers/sourdough', { method: 'DELETE' })
    expect(await again.json()).toMatchObject({ status: 404, code: 'PAPER_NOT_FOUND' })
  })

  it('refuses a body, which it would not read', async () => {
    const init = { ...post('{"ids":["sourdough"]}'), method: 'DELETE' }
    init.headers = { ...init.headers, 'content-length': '21' }
    expect(await (await app.request('/v1/papers/sourdough', init)).json()).toMatchObject({ code: 'INVALID_REQUEST' })
    expect(await total()).toBe(PAPERS.length)
  })
})
