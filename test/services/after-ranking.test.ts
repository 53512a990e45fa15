import { beforeEach, describe, expect, it } from 'vitest'
import { type List, SimilarRequest, SimilarTextRequest } from '../../src/domain/query.ts'
import { afterRanking } from '../../src/services/after-ranking.ts'
import { similarPapers } from '../../src/services/similar.ts'
import { similarToText } from '../../src/services/similar-text.ts'
import { add, type Library, openLibrary } from '../support/library.ts'
import { someRecords } from '../support/records.ts'

const COUNT = 150
const COPIED = 3
/** Two to four hundred days before the library's clock, some without a date. */
const dateOf = (n: number) => (n % 5 === 0 ? {} : { publishedAt: `2023-${String(1 + (n % 9)).padStart(2, '0')}-10` })
const RECORDS = someRecords(COUNT).map((record, n) => ({ ...record, ...dateOf(n), id: `r${n}` }))
/** The same words in another order have the same hashed vector: near-duplicates under another title. */
const COPIES = RECORDS.slice(0, COPIED).map(({ title, abstract }, n) => ({
  id: `copy${n}`,
  title: abstract,
  abstract: title,
}))

let library: Library
beforeEach(async () => {
  library = await openLibrary()
  await add(library, [...RECORDS, ...COPIES])
})

const similar = (rest: object = {}, id = 'r7') =>
  similarPapers(library, SimilarRequest.parse({ id, explain: true, ...rest }))
const ids = ({ data }: List) => data.map(({ id }) => id)

async function everyPage(ask: (offset: number) => Promise<List>): Promise<List[]> {
  const pages: List[] = []
  for (let offset: number | null = 0; offset !== null; offset = pages.at(-1)?.next ?? null)
    pages.push(await ask(offset))
  return pages
}

describe('afterRanking', () => {
  it('hands back the very list where nothing is asked for', async () => {
    const ranked = [{ key: 1, score: 0.5 }]
    expect(await afterRanking(library, { offset: 0, limit: 10 }, ranked)).toBe(ranked)
    const list = await similar({ diversity: 0, collapse: false })
    expect(list.data).toEqual((await similar()).data)
  })

  it.each([
    { diversity: 0.5 },
    { recencyHalfLifeDays: 50 },
    { collapse: true },
    { diversity: 0.3, recencyHalfLifeDays: 400, collapse: true },
  ])('gives pages that together are the whole, each paper once: %o', async (asked) => {
    const wholes: string[][] = []
    for (const limit of [100, 37, 11]) {
      const pages = await everyPage((offset) => similar({ ...asked, limit, offset }, 'r0'))
      const listed = pages.flatMap(ids)
      expect(new Set(listed).size).toBe(listed.length)
      expect(listed).toHaveLength(pages[0]?.total ?? 0)
      for (const page of pages.slice(0, -1)) expect(page.data).toHaveLength(limit)
      wholes.push(listed)
    }
    expect(wholes[1]).toEqual(wholes[0])
    expect(wholes[2]).toEqual(wholes[0])
  })

  it('multiplies scores by recency, says by how much, and sorts by the result', async () => {
    const plain = new Map((await similar({ limit: 100 })).data.map(({ id, score }) => [id, score]))
    const { data } = await similar({ recencyHalfLifeDays: 60 })
    expect(data.map(({ score }) => score)).toEqual(data.map(({ score }) => score).sort((one, other) => other - one))
    for (const { id, score, explain, publishedAt } of data) {
      const boost = explain?.boosts.find(({ name }) => name === 'recency')?.value ?? -1
      expect(score).toBeCloseTo((plain.get(id) ?? 0) * boost, 10)
      if (publishedAt === null) continue
      const days = (Date.parse('2024-05-06') - Date.parse(publishedAt)) / 86_400_000
      expect(boost).toBeCloseTo(0.5 ** (days / 60), 10)
    }
  })

  it('makes a page more varied, and leaves its scores what they were', async () => {
    const plain = await similar()
    const varied = await similar({ diversity: 0.7 })
    expect(ids(varied)[0]).toBe(ids(plain)[0])
    expect(ids(varied)).not.toEqual(ids(plain))
    const all = new Map((await similar({ limit: 100 })).data.map(({ id, score }) => [id, score]))
    for (const { id, score } of varied.data) expect(score).toBe(all.get(id))
  })

  it('shows one of near-duplicates, names the other, and does not count it', async () => {
    const text = `${RECORDS[1]?.title} ${RECORDS[1]?.abstract}`
    const ask = (rest: object) => similarToText(library, SimilarTextRequest.parse({ text, explain: true, ...rest }))
    const plain = await ask({})
    expect(new Set(ids(plain).slice(0, 2))).toEqual(new Set(['r1', 'copy1']))
    const collapsed = await ask({ collapse: true })
    expect(collapsed.data[0]?.id).toBe(plain.data[0]?.id)
    expect(collapsed.data[0]?.explain?.collapsed).toEqual([plain.data[1]?.id])
    expect(ids(collapsed)).not.toContain(plain.data[1]?.id)
    expect(collapsed.data).toHaveLength(10)
    expect(collapsed.total).toBeLessThan(plain.total)
  })

  it('shows with diversity all hits of at least the least score', async () => {
    const plain = (await similar({ limit: 100 })).data
    const minScore = plain[24]?.score ?? 0
    const expected = plain.filter(({ score }) => score >= minScore).map(({ id }) => id)
    const pages = await everyPage((offset) => similar({ diversity: 0.7, minScore, limit: 10, offset }))
    expect(new Set(pages.flatMap(ids))).toEqual(new Set(expected))
    expect(pages.at(-1)?.total).toBe(expected.length)
  })

  it('does not explain hits that nobody wants explained', async () => {
    const { data } = await similar({ explain: false, recencyHalfLifeDays: 60, collapse: true, diversity: 0.2 })
    expect(data.some((hit) => 'explain' in hit)).toBe(false)
  })
})
