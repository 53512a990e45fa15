import { beforeEach, describe, expect, it } from 'vitest'
import { SearchRequest } from '../../src/domain/query.ts'
import { cacheQueries } from '../../src/embed/query-cache.ts'
import type { Deps } from '../../src/services/deps.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { PaperTexts } from '../../src/services/paper-texts.ts'
import { searchJson } from '../../src/services/search.ts'
import { SearchAtOnce } from '../../src/services/search-at-once.ts'
import { add, openLibrary } from '../support/library.ts'
import { someRecords } from '../support/records.ts'

const RECORDS = someRecords(260)
const TITLE = RECORDS[41]?.title ?? ''
const QUESTIONS = [
  'ribosomes folding under pressure',
  'What do otters gain from sorting violins by hand, at night, over a noisy line in shallow rivers?',
  'otters',
  'ottres and violinz',
  'batch3',
  'zzzz qqqq',
  'the of and',
  '水獭',
  TITLE,
  TITLE.toUpperCase(),
]
const VARIANTS: object[] = [
  {},
  { mode: 'dense' },
  { limit: 1 },
  { limit: 30, offset: 7 },
  { limit: 20, offset: 60 },
  // The graph is searched wider, and what it lacks is compared with.
  { limit: 20, offset: 100 },
  { minScore: 0.3 },
  { minScore: 1 },
  { filter: { year: 2019 } },
  { without: ['sentences'] },
  { without: ['titles', 'exact-match'] },
  { without: ['lexical'] },
  { ef: 100 },
]

let library: Deps
beforeEach(async () => {
  const opened = await openLibrary()
  await add(
    opened,
    RECORDS.map((record, at) => ({ ...record, year: at % 3 === 0 ? 2019 : 2020 })),
  )
  await fillSentences(opened)
  await opened.index.rebuild()
  library = { ...opened, texts: new PaperTexts(8 * 1024 * 1024), embedder: cacheQueries(opened.embedder) }
})

const withoutTime = (bytes: string | undefined) => bytes?.replace(/"tookMs":[\d.]+/, '')
const plain = (query: string, rest: object = {}) =>
  SearchRequest.parse({ query, fields: ['title', 'abstract', 'score'], ...rest })

describe('a plain question', () => {
  it.each(VARIANTS)('has the same bytes at once as the whole way, with %j', async (variant) => {
    const atOnce = new SearchAtOnce(library)
    for (const question of QUESTIONS) {
      const request = plain(question, variant)
      const { bytes, whole } = await searchJson(library, request)
      const made = atOnce.answer(request)
      expect(withoutTime(made?.bytes)).toBe(withoutTime(bytes))
      expect(made?.whole).toBe(whole)
    }
  })

  it('is left to the whole way where its vector is not known or more is asked for', async () => {
    const atOnce = new SearchAtOnce(library)
    expect(atOnce.answer(plain('never asked before'))).toBeNull()
    await searchJson(library, plain('otters'))
    expect(atOnce.answer(plain('otters'))).not.toBeNull()
    const more = [
      { fields: undefined },
      { fields: ['evidence'] },
      { mode: 'lexical' },
      { explain: true },
      { exact: true },
      { diversity: 0.2 },
      { collapse: true },
      { recencyHalfLifeDays: 30 },
    ]
    for (const each of more) expect(atOnce.answer(plain('otters', each))).toBeNull()
  })

  it('shows what was written since, and nothing of a paper that is gone', async () => {
    const atOnce = new SearchAtOnce(library)
    const request = plain(TITLE, { limit: 3 })
    await searchJson(library, request)
    const [best] = JSON.parse(atOnce.answer(request)?.bytes ?? '').data
    expect(best).toMatchObject({ title: TITLE, score: 1 })
    await library.store.remove(best.id)
    const { bytes } = await searchJson(library, request)
    const made = atOnce.answer(request)
    expect(withoutTime(made?.bytes)).toBe(withoutTime(bytes))
    expect(made?.bytes).not.toContain(best.id)
  })
})
