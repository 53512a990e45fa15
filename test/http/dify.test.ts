import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { List } from '../../src/domain/query.ts'
import { openApp, post } from './open-app.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

const QUERY = 'satellite images of ice'

interface Retrieved {
  readonly records: readonly { content: string; score: number; title: string; metadata: Record<string, unknown> }[]
}
const body = (over: object = {}) => ({
  knowledge_id: 'papers',
  query: QUERY,
  retrieval_setting: { top_k: 7, score_threshold: 0 },
  ...over,
})
const retrieve = (over: object = {}) => app.json<Retrieved>('/retrieval', post(body(over)))
const idsOf = ({ records }: Retrieved) => records.map(({ metadata }) => metadata.id)

describe('POST /retrieval', () => {
  it('answers records of content, score, title and metadata, in the order of the search', async () => {
    const { records } = await retrieve()
    const { data } = await app.json<List>('/v1/search', post({ query: QUERY, limit: 7 }))
    expect(records.map(({ metadata: _, ...record }) => record)).toEqual(
      data.map(({ abstract, score, title }) => ({ content: abstract, score, title })),
    )
    expect(records.map(({ metadata }) => metadata.id)).toEqual(data.map(({ id }) => id))
    expect(records.find(({ metadata }) => metadata.id === 'tide-clocks')?.metadata).toEqual({
      id: 'tide-clocks',
      url: 'https://arxiv.org/abs/2103.01234',
      authors: ['Ida Moen', 'Per Lunde'],
      year: 2021,
      publishedAt: '2021-03-09',
      venue: null,
      categories: ['cs.LG'],
      arxivId: '2103.01234',
      doi: null,
    })
  })

  it('keeps to top_k and to the threshold, which it applies to the calibrated score', async () => {
    expect(await retrieve({ retrieval_setting: { top_k: 2 } })).toMatchObject({ records: { length: 2 } })
    const all = await retrieve()
    const score_threshold = all.records[2]?.score ?? 1
    const some = await retrieve({ retrieval_setting: { top_k: 7, score_threshold } })
    expect(some.records).toEqual(all.records.filter(({ score }) => score >= score_threshold))
    expect(await retrieve({ retrieval_setting: { top_k: 7, score_threshold: 1 } })).toEqual({ records: [] })
  })

  it('finds nothing for an empty question', async () => {
    expect(await retrieve({ query: ' ' })).toEqual({ records: [] })
  })

  it.each([
    [[{ name: ['year'], comparison_operator: '=', value: '2020' }], ['bread-crust', 'sea-ice/2020']],
    [[{ name: ['year'], comparison_operator: '>', value: 2021 }], ['sourdough', 'storm-surge']],
    [[{ name: ['publishedAt'], comparison_operator: 'before', value: '2019-01-01' }], ['glacier-maps']],
    [[{ name: ['authors'], comparison_operator: 'is', value: 'Per Lunde' }], ['storm-surge', 'tide-clocks']],
    [
      [{ name: ['authors', 'organization'], comparison_operator: 'in', value: ['Bake Lab', 'Ida Moen'] }],
      ['bread-crust', 'tide-clocks'],
    ],
    [[{ name: ['arxivId'], comparison_operator: 'not empty', value: null }], ['tide-clocks']],
    [
      [
        { name: ['year'], comparison_operator: '≥', value: 2020 },
        { name: ['authors'], comparison_operator: 'empty' },
      ],
      ['sea-ice/2020', 'sourdough'],
    ],
  ])('filters by metadata: %j', async (conditions, ids) => {
    const found = await retrieve({ metadata_condition: { logical_operator: 'and', conditions } })
    expect(idsOf(found).toSorted()).toEqual(ids)
  })

  it('takes any of the conditions where it is told `or`, and all papers without any', async () => {
    const conditions = [
      { name: ['year'], comparison_operator: 'is', value: 2018 },
      { name: ['year'], comparison_operator: 'is', value: 2019 },
    ]
    const found = await retrieve({ metadata_condition: { logical_operator: 'or', conditions } })
    expect(idsOf(found).toSorted()).toEqual(['glacier-maps', 'river-gauges'])
    expect(idsOf(await retrieve({ metadata_condition: { conditions: [] } }))).toHaveLength(7)
    expect(idsOf(await retrieve({ metadata_condition: null }))).toHaveLength(7)
  })

  const withKey = (authorization: string, over: object = {}) => {
    const init = post(body(over))
    return app.request('/retrieval', { ...init, headers: { ...init.headers, authorization } })
  }

  it('takes any key, well-formed', async () => {
    expect((await withKey('Bearer some-key')).status).toBe(200)
    expect(await (await withKey('some-key')).json()).toMatchObject({ error_code: 1001, error_msg: expect.any(String) })
  })

  it('answers the codes that Dify fixes, beside ours', async () => {
    const unknown = await withKey('Bearer x', { knowledge_id: 'recipes' })
    expect(await unknown.json()).toMatchObject({ status: 404, code: 'KNOWLEDGE_UNKNOWN', error_code: 2001 })
    const foreign = await app.request('/retrieval', { ...post(body()), headers: { host: 'example.org' } })
    expect(await foreign.json()).toMatchObject({ status: 403, error_code: 1002 })
  })

  it.each([
    [{ retrieval_setting: { top_k: 0 } }, 'retrieval_setting.top_k'],
    [{ retrieval_setting: { top_k: 3, score_threshold: 2 } }, 'retrieval_setting.score_threshold'],
    [{ metadata_condition: { conditions: [{ name: ['colour'], comparison_operator: 'is', value: 'red' }] } }, 'colour'],
    [
      { metadata_condition: { conditions: [{ name: ['year'], comparison_operator: 'contains', value: '2' }] } },
      'comparison_operator',
    ],
  ])('refuses %j with the path', async (over, path) => {
    const response = await app.request('/retrieval', post(body(over)))
    expect(await response.json()).toMatchObject({
      error_code: 400,
      issues: [{ path: expect.stringContaining(path) }],
    })
  })
})
