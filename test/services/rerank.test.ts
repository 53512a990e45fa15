import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { passageText } from '../../src/domain/passage.ts'
import { List, SearchRequest } from '../../src/domain/query.ts'
import { openTransformersReranker, type TransformersReranker } from '../../src/embed/transformers-reranker.ts'
import type { Deps } from '../../src/services/deps.ts'
import { evaluate } from '../../src/services/evaluate/run.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { loadReranker, type RerankStage } from '../../src/services/rerank.ts'
import { searchPapers } from '../../src/services/search.ts'
import { add, type Library, openLibrary } from '../support/library.ts'
import { someRecords } from '../support/records.ts'
import { logistic, tinyLogit, writeTinyReranker } from '../support/tiny-reranker.ts'

const COUNT = 220
const DEPTH = 30
/** Far more than a few hundred words take, also on a busy machine. */
const AMPLE_MS = 60_000
const QUERY = 'glaciers at night and otters sorting'
const RECORDS = someRecords(COUNT).map((record, n) => ({ ...record, id: `r${n}`, year: 2000 + (n % 20) }))

const wordsOf = (text: string): string[] => text.toLowerCase().match(/\b[a-z]+\b/g) ?? []
const WORDS = RECORDS.flatMap(({ title, abstract }) => wordsOf(`${title} ${abstract}`))
const PAIR_LIMIT_MS = 1_000

/** What the tiny model says of a pair, reckoned another way. */
function relevance(query: string, passage: string): number {
  const known = new Set(WORDS)
  const asked = wordsOf(query).filter((word) => known.has(word))
  const said = wordsOf(passage)
  return logistic(tinyLogit(asked.reduce((sum, word) => sum + said.filter((each) => each === word).length, 0)))
}

let dir: string
let reranker: TransformersReranker
beforeAll(async () => {
  dir = mkdtempSync(`${tmpdir()}/kindred-rerank-`)
  writeTinyReranker(dir, { words: WORDS })
  const settings = {
    model: dir,
    modelsDir: '',
    cacheDir: '',
    allowDownload: false,
    workers: 1,
    pairLimitMs: PAIR_LIMIT_MS,
  }
  reranker = await openTransformersReranker(settings)
})
afterAll(async () => {
  await reranker.close()
  rmSync(dir, { recursive: true, force: true })
})

let library: Library
let failures: unknown[]
beforeEach(async () => {
  failures = []
  library = await openLibrary()
  await add(library, RECORDS)
  await fillSentences(library)
})

const withStage = (over: Partial<RerankStage> = {}): Deps => ({
  ...library,
  rerank: { reranker, depth: DEPTH, budgetMs: AMPLE_MS, onFailure: (error) => failures.push(error), ...over },
})
const search = (deps: Deps, rest: object = {}) => searchPapers(deps, SearchRequest.parse({ query: QUERY, ...rest }))
const ids = ({ data }: List) => data.map(({ id }) => id)
const scores = ({ data }: List) => data.map(({ score }) => score)
const hits = ({ data }: List) => data.map(({ explain: _, ...hit }) => hit)
const byRelevance = ({ data }: List) =>
  data
    .map((hit) => ({ id: hit.id, value: relevance(QUERY, passageText(hit)) }))
    .sort((one, other) => other.value - one.value)

/** Stops the worker in its tracks, as a fault in native code might. */
async function hang(): Promise<number> {
  await reranker.score('', [''])
  const [pid = 0] = reranker.pids
  process.kill(pid, 'SIGSTOP')
  return pid
}

describe('the cross-encoder stage', () => {
  it('puts the first hits in the order of the model, ties as they were, and leaves the others', async () => {
    const plain = await search(library, { limit: 100 })
    const reranked = await search(withStage(), { limit: 100 })
    const expected = byRelevance({ ...plain, data: plain.data.slice(0, DEPTH) }).map(({ id }) => id)
    expect(ids(reranked)).toEqual([...expected, ...ids(plain).slice(DEPTH)])
    expect(ids(reranked)).not.toEqual(ids(plain))
    expect([reranked.index, failures]).toEqual([plain.index, []])
  })

  it('keeps the scores with the places, so that they fall along the list and mean what they meant', async () => {
    const plain = await search(library, { limit: 100 })
    const reranked = await search(withStage(), { limit: 100 })
    expect(scores(reranked)).toEqual(scores(plain))
    expect(scores(reranked)).toEqual(scores(reranked).toSorted((one, other) => other - one))
    expect([reranked.confidence, reranked.total]).toEqual([plain.confidence, plain.total])
    const minScore = scores(plain)[4] ?? 0
    expect((await search(withStage(), { limit: 100, minScore })).data).toHaveLength(5)
  })

  it('explains what the model said, and of which hits it said nothing', async () => {
    const { data } = await search(withStage(), { limit: DEPTH + 5, explain: true })
    for (const hit of data.slice(0, DEPTH)) {
      expect(hit.explain?.rerank?.score).toBeCloseTo(relevance(QUERY, passageText(hit)), 6)
    }
    expect(data.slice(DEPTH).map(({ explain }) => explain?.rerank)).toEqual([null, null, null, null, null])
    const plain = await search(library, { explain: true })
    expect(plain.data.some(({ explain }) => explain && 'rerank' in explain)).toBe(false)
  })

  it.each([{}, { recencyHalfLifeDays: 900 }, { diversity: 0.4 }, { collapse: true }, { filter: { year: 2007 } }])(
    'pages through every paper once, whatever the size of a page: %o',
    async (asked) => {
      const deps = withStage({ depth: 20 })
      const whole = await search(deps, { ...asked, limit: 100 })
      const paged: string[] = []
      for (let offset: number | null = 0; offset !== null && offset < 100; ) {
        const page: List = await search(deps, { ...asked, offset, limit: 10 })
        paged.push(...ids(page))
        offset = page.next
      }
      expect(paged.slice(0, 100)).toEqual(ids(whole))
      expect(new Set(paged).size).toBe(paged.length)
    },
  )

  it('keeps a paper that was asked for by its name in front, on every page alike', async () => {
    const query = RECORDS[150]?.title ?? ''
    const deps = withStage({ depth: 3 })
    const whole = await search(deps, { query, limit: 12 })
    expect(whole.data[0]).toMatchObject({ id: 'r150', score: 1 })
    const pages = await Promise.all([0, 3, 6, 9].map((offset) => search(deps, { query, offset, limit: 3 })))
    expect(pages.flatMap(ids)).toEqual(ids(whole))
  })

  it('stays within a filter', async () => {
    const { data, total } = await search(withStage(), { filter: { year: { $lt: 2002 } }, limit: 50 })
    expect(data.map(({ year }) => year).every((year) => year === 2000 || year === 2001)).toBe(true)
    expect(data).toHaveLength(total)
  })

  it('is left out where the request says so, and by the other modes', async () => {
    const deps = withStage()
    const without = await search(deps, { without: ['rerank'], explain: true })
    const plain = await search(library, { explain: true })
    expect(without.data).toEqual(plain.data)
    for (const mode of ['dense', 'lexical'])
      expect((await search(deps, { mode, explain: true })).data).toEqual(
        (await search(library, { mode, explain: true })).data,
      )
  })

  it('answers in the fused order without a budget, and says so', async () => {
    const plain = await search(library)
    const degraded = await search(withStage({ budgetMs: 0 }), { explain: true })
    expect(hits(degraded)).toEqual(plain.data)
    expect(degraded.data.map(({ explain }) => explain?.rerank)).toEqual(plain.data.map(() => null))
    expect(degraded.index).toEqual({ ...plain.index, degraded: ['rerank'] })
    expect(failures).toEqual([expect.objectContaining({ code: 'OVERLOADED' })])
  })

  it('does not wait for a worker that hangs, nor is it held up by it later', async () => {
    const pid = await hang()
    const degraded = await search(withStage({ budgetMs: 100 }))
    expect(degraded.index.degraded).toEqual(['rerank'])
    expect(ids(degraded)).toEqual(ids(await search(library)))
    await vi.waitFor(() => expect(reranker.pids).not.toContain(pid), { timeout: 20_000 })
    const again = await search(withStage())
    expect(again.index.degraded).toEqual([])
    expect(ids(again)).not.toEqual(ids(degraded))
  })

  it('outlives a worker that is killed', async () => {
    const before = await search(withStage())
    const pid = await hang()
    const during = search(withStage())
    process.kill(pid, 'SIGKILL')
    expect(ids(await during)).toEqual(ids(before))
    expect(reranker.pids).not.toContain(pid)
  })

  it('does without a model that cannot be loaded, and says why when it is tried first', async () => {
    const broken = mkdtempSync(`${tmpdir()}/kindred-broken-`)
    writeTinyReranker(broken, { words: WORDS, labels: 3 })
    const settings = { model: broken, modelsDir: '', cacheDir: '', allowDownload: false, workers: 1 }
    const deps = withStage({ reranker: await openTransformersReranker(settings) })
    const degraded = await search(deps)
    expect(degraded.index.degraded).toEqual(['rerank'])
    expect(failures).toEqual([expect.objectContaining({ code: 'MODEL_UNAVAILABLE' })])
    await expect(loadReranker(deps)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    await deps.rerank?.reranker.close()
    rmSync(broken, { recursive: true })
  })

  it('answers on an empty index', async () => {
    const deps = { ...withStage(), ...(await openLibrary()) }
    expect(await search(deps)).toMatchObject({ data: [], index: { degraded: [] } })
  })

  it('answers with a List', async () => {
    const list = await search(withStage(), { explain: true })
    expect(List.strict().parse(list)).toEqual(list)
  })
})

describe('evaluate', () => {
  const asking = (id: string) => [{ qid: 'a', kind: 'topic', query: QUERY, relevant: [{ id, grade: 1 }] }]

  it('judges hybrid search with the cross-encoder as a mode of its own', async () => {
    const [before, after] = [ids(await search(library)), ids(await search(withStage()))]
    const risen = after.find((id, at) => before.indexOf(id) > at) ?? ''
    const report = await evaluate(withStage(), asking(risen), { modes: ['hybrid', 'rerank'], resamples: 20 })
    const ranks = [before, after].map((order) => 1 / (1 + order.indexOf(risen)))
    expect(report.perQuery.map(({ metrics }) => metrics['MRR@10'])).toEqual(ranks)
    expect(report.notReranked).toEqual([])
  })

  it('names the questions that were answered without it', async () => {
    const report = await evaluate(withStage({ budgetMs: 0 }), asking('r1'), { modes: ['rerank'], resamples: 20 })
    expect(report.notReranked).toEqual(['a'])
  })

  it('refuses the mode where no model is configured', async () => {
    const refused = evaluate(library, asking('r1'), { modes: ['rerank'] })
    await expect(refused).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })
})
