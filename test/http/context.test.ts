import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Context } from '../../src/domain/context.ts'
import { Verification } from '../../src/domain/verify.ts'
import { openApp, post } from './open-app.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const pack = (body: unknown) => app.json<Context>('/v1/context', post(body))
const verify = (body: unknown) => app.json<Verification>('/v1/verify', post(body))

describe('POST /v1/context', () => {
  it('answers with a text within its budget, and what it cites', async () => {
    const built = Context.strict().parse(await pack({ query: 'water level of a harbour', maxTokens: 500, minScore: 0 }))
    expect(built.tokenCount).toBeLessThanOrEqual(500)
    const [first] = built.citations
    expect(first).toMatchObject({
      id: expect.stringMatching(/^(tide-clocks|storm-surge)$/),
      provenance: [{ source: 'api' }],
    })
    expect(built.context).toContain(`[${first?.key}]`)
  })

  it('gives the same bytes for the same request', async () => {
    const [one, other] = await Promise.all(
      [1, 2].map(async () => (await app.request('/v1/context', post({ query: 'bread', style: 'xml' }))).text()),
    )
    expect(one).toBe(other)
  })

  it('takes a filter, a style and a tokenizer', async () => {
    const built = await pack({ query: 'ice', filter: { year: 2020 }, style: 'json', tokenizer: 'cl100k', minScore: 0 })
    expect(new Set(built.citations.map(({ id }) => id))).toEqual(new Set(['bread-crust', 'sea-ice/2020']))
    expect(JSON.parse(built.context)).toMatchObject({ papers: expect.any(Array) })
    expect(built.tokenizer).toBe('cl100k')
  })

  it.each([
    [{}, ''],
    [{ query: 'x', ids: ['bread-crust'], filter: { year: 2020 } }, 'filter'],
    [{ query: 'x', style: 'html' }, 'style'],
    [{ query: 'x', tokenizer: 'bert' }, 'tokenizer'],
    [{ query: 'x', maxTokens: 0 }, 'maxTokens'],
    [{ query: 'x', maxTokens: 20 }, 'maxTokens'],
    [{ query: 'x', budget: 20 }, 'budget'],
  ])('refuses %j', async (body, field) => {
    const response = await app.request('/v1/context', post(body))
    const path = expect.stringContaining(field)
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path }] })
  })

  it('answers PAPER_NOT_FOUND with the id that is unknown', async () => {
    const response = await app.request('/v1/context', post({ ids: ['nobody'] }))
    expect(await response.json()).toMatchObject({ status: 404, detail: expect.stringContaining('nobody') })
  })
})

describe('POST /v1/verify', () => {
  it('takes what a context gave: every excerpt is exact', async () => {
    const { citations } = await pack({ query: 'ice in satellite images', minScore: 0 })
    const answer = citations
      .flatMap(({ key, evidence }) => evidence.map(({ text }) => `"${text}" [${key}]`))
      .join('\n\n')
    const checked = Verification.strict().parse(await verify({ answer, citations }))
    expect(checked.quotes.length).toBeGreaterThan(5)
    expect(new Set(checked.quotes.map(({ verdict }) => verdict))).toEqual(new Set(['exact']))
    expect(checked.ok).toBe(true)
  })

  it('says what is wrong, and where', async () => {
    const checked = await verify({
      quotes: ['within four hundred centimetres', { text: 'Clouds hide sea ice', key: 'moen2021' }],
    })
    expect(checked).toMatchObject({
      ok: false,
      quotes: [
        { verdict: 'altered', changes: [{ kind: 'number', quoted: 'hundred', stored: '' }], start: null },
        { verdict: 'missing', elsewhere: { id: 'sea-ice/2020', field: 'abstract', start: 0, end: 19 } },
      ],
      keys: [{ key: 'moen2021', verdict: 'exact', id: 'tide-clocks' }],
    })
  })

  it.each([
    [{}, ''],
    [{ answer: 'x', quotes: ['y'] }, ''],
    [{ quotes: [] }, 'quotes'],
    [{ quotes: [{ text: 'x', paper: 'y' }] }, 'quotes.0'],
    [{ answer: 'x', minWords: 0 }, 'minWords'],
  ])('refuses %j', async (body, field) => {
    const response = await app.request('/v1/verify', post(body))
    const path = expect.stringContaining(field)
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path }] })
  })
})
