import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { List } from '../../src/domain/query.ts'
import { openApp, post } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeAll(async () => {
  app = await openApp()
})
afterAll(() => app.close())

async function vectorsById(): Promise<Map<string, number[]>> {
  const vectors = new Map<string, number[]>()
  for await (const { paper, vector } of app.kindred.deps.store.everything()) vectors.set(paper.id, [...vector])
  return vectors
}

describe('GET /v1/papers/{id}/similar', () => {
  it('lists the neighbours without the paper itself', async () => {
    const list = List.strict().parse(await app.json('/v1/papers/tide-clocks/similar?limit=100'))
    expect(list.data).toHaveLength(PAPERS.length - 1)
    expect(list.data.map(({ id }) => id)).not.toContain('tide-clocks')
    const vectors = await vectorsById()
    const self = vectors.get('tide-clocks') ?? []
    const cosine = (id: string) => (vectors.get(id) ?? []).reduce((sum, value, at) => sum + value * (self[at] ?? 0), 0)
    const ids = PAPERS.map(({ id }) => id ?? '').filter((id) => id !== 'tide-clocks')
    expect(list.data.map(({ id }) => id)).toEqual(ids.toSorted((one, other) => cosine(other) - cosine(one)))
    for (const { id, score } of list.data) expect(score).toBeCloseTo(Math.max(0, cosine(id)), 4)
  })

  it('fuses vectors and words where mode says so', async () => {
    const { data } = await app.json<List>('/v1/papers/tide-clocks/similar?mode=hybrid&explain=true')
    expect(data).toHaveLength(PAPERS.length - 1)
    expect(data.every(({ explain, score }) => score === Math.max(0, explain?.fusion ?? -1))).toBe(true)
  })

  it.each([
    ['tide-clocks', 'arxiv:2103.01234'],
    ['tide-clocks', 'arxiv%3A2103.01234v3'],
    ['storm-surge', 'doi%3A10.5555%2Fsurge%2F17'],
    ['sea-ice%2F2020', 'sea-ice%2f2020'],
  ])('gives for %s what it gives for %s', async (id, alias) => {
    const { data: one } = await app.json<List>(`/v1/papers/${id}/similar`)
    const { data: other } = await app.json<List>(`/v1/papers/${alias}/similar`)
    expect(other).toEqual(one)
  })

  it('explains a hit by its similarity', async () => {
    const { data } = await app.json<List>('/v1/papers/bread-crust/similar?explain=true&limit=1&exact=true')
    expect(data[0]?.explain?.dense?.similarity).toBeCloseTo(data[0]?.score ?? 0)
  })

  it.each([
    ['limit=abc', 'limit'],
    ['id=other', 'id'],
    ['mode=lexical', 'mode'],
  ])('refuses %s', async (parameter, field) => {
    const response = await app.request(`/v1/papers/tide-clocks/similar?${parameter}`)
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path: field }] })
  })

  it('answers PAPER_NOT_FOUND for an unknown id', async () => {
    const response = await app.request('/v1/papers/nobody/similar')
    expect(await response.json()).toMatchObject({ status: 404, code: 'PAPER_NOT_FOUND' })
  })
})

describe('POST /v1/similar', () => {
  it('finds the paper whose title and abstract are pasted', async () => {
    for (const { id, title, abstract } of PAPERS) {
      const { data } = await app.json<List>('/v1/similar', post({ title, abstract, limit: 1 }))
      expect(data[0]?.id).toBe(id)
    }
  })

  it('takes a text of the full length, in any script', async () => {
    const { data } = await app.json<List>('/v1/similar', post({ text: '冰'.repeat(100_000) }))
    expect(data.length).toBeGreaterThan(0)
  })

  it.each([
    [{}, ''],
    [{ text: 'ice', abstract: 'ice' }, ''],
    [{ text: 'ice', title: 'Ice' }, 'title'],
    [{ text: ' ' }, 'text'],
    [{ text: 'x'.repeat(100_001) }, 'text'],
    [{ text: 'ice', k: 3 }, 'k'],
  ])('refuses what is neither a text nor an abstract: %#', async (body, field) => {
    const response = await app.request('/v1/similar', post(body))
    expect(await response.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', issues: [{ path: field }] })
  })
})
