import { expect, it } from 'vitest'
import { Filter } from '../../src/domain/filter.ts'
import { UNCOUNTED } from '../../src/domain/metrics.ts'
import type { Paper } from '../../src/domain/paper.ts'
import { SimilarRequest } from '../../src/domain/query.ts'
import { PaperTexts } from '../../src/services/paper-texts.ts'
import { similarJson } from '../../src/services/similar.ts'
import { SimilarAtOnce } from '../../src/services/similar-at-once.ts'
import { change, paper, writeAll } from '../support/changes.ts'
import { matches } from '../support/filter-oracle.ts'
import { countingEmbedder, openIndex, openStore } from '../support/library.ts'
import { clusteredVectors, createRandom, pick } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const PAPERS = 20_000
const FILTERS = 2_000
/** Small, so that the graph of this many is built in seconds. */
const DIMENSION = 32
const CLUSTERS = 60
const BATCH = 4_000
const K = 10
/** The oracle reads every paper, which is slow: it checks the matches of every so many filters. */
const ORACLE_EVERY = 10
const [LEAST, MOST] = [0.001, 0.5]

const random = createRandom(2_000)
const below = (count: number): number => Math.floor(random() * count)
const maybe = <T>(share: number, value: T): T | null => (random() < share ? value : null)

/** A paper's categories follow its vector, its other values do not: filters are near some questions and far from others. */
function invented(at: number, cluster: number): Paper {
  const year = maybe(0.97, 2024 - Math.floor(30 * random() ** 2))
  return paper(`Paper ${at}`, {
    id: `Paper-${at}`,
    year,
    publishedAt: year === null ? null : `${year}-0${1 + below(9)}-1${below(9)}`,
    commentCount: maybe(0.9, below(1_000)),
    venue: maybe(0.7, `Venue ${below(40)}`),
    authors: Array.from({ length: below(5) }, () => `Author ${below(400)}`),
    categories: [`c.${cluster % 12}`, ...(random() < 0.2 ? [`c.${below(12)}`] : [])],
    organization: maybe(0.5, { handle: `org${below(30)}`, name: `Organization ${below(30)}` }),
    sources: [`file-${below(3)}.jsonl`],
  })
}

function condition(): Record<string, unknown> {
  const from = below(900)
  return pick<() => Record<string, unknown>>(random, [
    () => ({ year: { $gte: 1996 + below(28) } }),
    () => ({ year: 1996 + below(29) }),
    () => ({ publishedAt: { $gt: `${1998 + below(26)}-05-05`, $lte: '2022-12-31' } }),
    () => ({ commentCount: { $gte: from, $lt: from + 1 + below(300) } }),
    () => ({ venue: { $in: Array.from({ length: 1 + below(12) }, () => `VENUE ${below(40)}`) } }),
    () => ({ venue: null }),
    () => ({ authors: { $in: Array.from({ length: 1 + below(20) }, () => `author ${below(400)}`) } }),
    () => ({ categories: { $ne: `c.${below(12)}` } }),
    () => ({ categories: `C.${below(12)}` }),
    () => ({ organization: pick(random, [`org${below(30)}`, `organization ${below(30)}`]) }),
    () => ({ organization: { $exists: pick(random, [true, false]) } }),
    () => ({ commentCount: { $not: { $gt: 40 + below(300) } } }),
    () => ({ sources: { $nin: [`file-${below(3)}.jsonl`] } }),
  ])()
}

function randomFilter(): Record<string, unknown> {
  const [one, two] = [condition(), condition()]
  return pick<() => Record<string, unknown>>(random, [
    () => one,
    () => ({ ...one, ...two }),
    () => ({ $and: [one, two, condition()] }),
    () => ({ $or: [one, { $and: [two, condition()] }] }),
    () => ({ $not: one, ...two }),
  ])()
}

async function openLarge() {
  const vectors = clusteredVectors(random, { count: PAPERS + FILTERS, dimension: DIMENSION, clusters: CLUSTERS })
  const papers = vectors.slice(0, PAPERS).map((vector, at) => invented(at, vector.indexOf(Math.max(...vector))))
  const dir = tempDir()
  const store = openStore(dir, { fingerprint: 'random', dimension: DIMENSION })
  for (let from = 0; from < PAPERS; from += BATCH) {
    const part = papers.slice(from, from + BATCH)
    await writeAll(
      store,
      part.map((each, at) => change(each, vectors[from + at] ?? null)),
    )
  }
  const settings = { dimension: DIMENSION, m: 16, efConstruction: 100 }
  const index = await openIndex(store, dir, { fingerprint: 'random', settings })
  await index.snapshot()
  const keys = (await store.get(papers.map(({ id }) => id))).map((found) => found?.key ?? -1)
  return { store, index, papers, keys, questions: vectors.slice(PAPERS) }
}

/** The path that is asked most has the same bytes as the usual one, whichever way they are found; how many of each way. */
async function compareAtOnce({ store, index, papers }: Awaited<ReturnType<typeof openLarge>>) {
  const texts = new PaperTexts(2 ** 22)
  const deps = { store, index, texts, embedder: countingEmbedder(), metrics: UNCOUNTED, now: () => new Date(0) }
  const atOnce = new SimilarAtOnce(deps)
  const made: Record<string, number> = { 'ann-filtered': 0, exact: 0 }
  for (let tried = 0; tried < 300; tried += 1) {
    const filter = Filter.parse(randomFilter())
    const { id } = pick(random, papers)
    const request = SimilarRequest.parse({ id, limit: 1 + below(12), fields: ['title', 'score'] })
    const answer = atOnce.answer({ ...request, filter })
    if (!answer) continue
    const usual = await similarJson(deps, { ...request, filter })
    const [one, other] = [answer, usual].map(({ bytes }) => ({ ...JSON.parse(bytes), tookMs: 0 }))
    expect([filter, one]).toEqual([filter, other])
    made[one.index.plan] = (made[one.index.plan] ?? 0) + 1
  }
  return made
}

it(`finds within ${FILTERS} random filters over ${PAPERS} papers what an exact search finds, and says the same at once`, {
  timeout: 120_000,
}, async ({ annotate }) => {
  const large = await openLarge()
  const { store, index, papers, keys, questions } = large
  expect(index.status()).toMatchObject({ inGraph: PAPERS, degraded: [] })
  const plans: Record<string, number> = {}
  let [tried, recall] = [0, 0]
  while (tried < FILTERS) {
    const written = randomFilter()
    const within = await store.matching(Filter.parse(written))
    if (within.size < LEAST * PAPERS || within.size > MOST * PAPERS) continue
    const vector = questions[tried] ?? new Float32Array(DIMENSION)
    tried += 1
    if (tried % ORACLE_EVERY === 0) {
      const matching = keys.filter((_, at) => matches(papers[at] as Paper, written))
      expect([written, [...within.keys()]]).toEqual([written, matching])
    }
    const exact = await index.search({ vector, limit: K, within, exact: true })
    const found = await index.search({ vector, limit: K, within })
    const nearest = new Set(exact.neighbours.map(({ key }) => key))
    expect([written, found.neighbours.length]).toEqual([written, Math.min(K, within.size)])
    expect(found.neighbours.every(({ key }) => within.has(key))).toBe(true)
    recall += found.neighbours.filter(({ key }) => nearest.has(key)).length / nearest.size
    plans[found.plan] = (plans[found.plan] ?? 0) + 1
  }
  void annotate(`recall@10 ${(recall / FILTERS).toFixed(4)}, plans ${JSON.stringify(plans)}`)
  expect(recall / FILTERS).toBeGreaterThanOrEqual(0.99)
  expect(plans).toEqual({ 'ann-filtered': expect.any(Number), exact: expect.any(Number) })
  const made = await compareAtOnce(large)
  expect(Math.min(...Object.values(made))).toBeGreaterThan(20)
})
