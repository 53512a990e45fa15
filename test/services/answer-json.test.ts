import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { SearchRequest, SimilarRequest } from '../../src/domain/query.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { projectHits } from '../../src/services/project.ts'
import { searchJson, searchPapers } from '../../src/services/search.ts'
import { similarJson, similarPapers } from '../../src/services/similar.ts'
import { isPlain, SimilarAtOnce } from '../../src/services/similar-at-once.ts'
import { openApp, post } from '../http/open-app.ts'
import { PAPERS } from '../http/papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
  await fillSentences(app.kindred.deps)
})
afterAll(() => app.close())

const parsed = (bytes: string) => JSON.parse(Buffer.from(bytes, 'latin1').toString('utf8'))
const ASKED = [
  {},
  { fields: ['title', 'score'] },
  { fields: ['evidence', 'authors'] },
  { fields: ['id'] },
  { explain: true },
]

describe('answers as bytes', () => {
  it.each(ASKED)('say the same as the objects: similar with %j', async (options) => {
    const { deps } = app.kindred
    // The glacier paper's title is not ASCII.
    for (const id of ['tide-clocks', 'sourdough', 'glacier-maps']) {
      const request = SimilarRequest.parse({ id, ...options })
      const list = projectHits(await similarPapers(deps, request), request.fields)
      const { bytes, whole } = await similarJson(deps, request)
      expect({ ...parsed(bytes), tookMs: 0 }).toEqual({ ...list, tookMs: 0 })
      expect(whole).toBe(true)
    }
  })

  it.each(ASKED)('say the same as the objects: search with %j', async (options) => {
    const { deps } = app.kindred
    for (const mode of ['hybrid', 'dense', 'lexical']) {
      const request = SearchRequest.parse({ query: 'étude of glacier maps', mode, ...options })
      const list = projectHits(await searchPapers(deps, request), request.fields)
      expect({ ...parsed((await searchJson(deps, request)).bytes), tookMs: 0 }).toEqual({ ...list, tookMs: 0 })
    }
  })

  it('are the same at once, for whatever asks for no more than the nearest', async () => {
    const { deps } = app.kindred
    await deps.index.rebuild()
    const atOnce = new SimilarAtOnce(deps)
    for (const fields of [['title', 'score'], ['abstract'], ['id']]) {
      for (const id of ['tide-clocks', 'sourdough', 'glacier-maps']) {
        const request = SimilarRequest.parse({ id, limit: 2, fields })
        expect(isPlain(request)).toBe(true)
        const { bytes } = await similarJson(deps, request)
        const made = atOnce.answer(request)
        expect(made?.whole).toBe(true)
        expect({ ...parsed(made?.bytes ?? ''), tookMs: 0 }).toEqual({ ...parsed(bytes), tookMs: 0 })
      }
    }
    expect(atOnce.answer({ id: 'nobody', limit: 2, fields: ['id'] })).toBeNull()
  })

  it('say at once what a paper says since it was changed, and no word of a deleted one', async () => {
    const own = await openApp()
    onTestFinished(() => own.close())
    const { deps } = own.kindred
    await fillSentences(deps)
    await deps.index.rebuild()
    const atOnce = new SimilarAtOnce(deps)
    const request = SimilarRequest.parse({ id: 'sourdough', limit: 3, fields: ['title', 'venue'] })
    const asked = async () => {
      const { bytes } = await similarJson(deps, request)
      const made = atOnce.answer(request)
      expect({ ...parsed(made?.bytes ?? ''), tookMs: 0 }).toEqual({ ...parsed(bytes), tookMs: 0 })
      return made?.bytes ?? ''
    }
    await asked()
    const paper = PAPERS.find(({ id }) => id === 'tide-clocks')
    await own.json('/v1/papers', post([{ ...paper, venue: 'Quarterly of Changed Venues' }]))
    await nextTurn()
    expect(await asked()).toContain('Quarterly of Changed Venues')
    await own.request('/v1/papers/tide-clocks', { method: 'DELETE' })
    await nextTurn()
    expect(await asked()).not.toContain('tide-clocks')
  })

  it.each([
    {},
    { fields: ['evidence'] },
    { fields: ['id'], mode: 'hybrid' },
    { fields: ['id'], offset: 1 },
    { fields: ['id'], exact: true },
    { fields: ['id'], explain: true },
    { fields: ['id'], diversity: 0.5 },
    { fields: ['id'], collapse: true },
    { fields: ['id'], ef: 10 },
    { fields: ['id'], minScore: 0 },
    { fields: ['id'], recencyHalfLifeDays: 10 },
  ])('are not made at once for %j', (options) => {
    expect(isPlain(SimilarRequest.parse({ id: 'sourdough', ...options }))).toBe(false)
  })

  it('hold their fields in the same order, and an empty list where nothing is found', async () => {
    const { deps } = app.kindred
    const request = SimilarRequest.parse({ id: 'tide-clocks', limit: 1 })
    const { data } = await similarPapers(deps, request)
    const [hit] = parsed((await similarJson(deps, request)).bytes).data
    expect(Object.keys(hit)).toEqual(Object.keys(data[0] ?? {}))
    const none = SearchRequest.parse({ query: 'quokka', mode: 'lexical' })
    expect(parsed((await searchJson(deps, none)).bytes)).toMatchObject({ data: [], total: 0, confidence: 'none' })
  })
})
