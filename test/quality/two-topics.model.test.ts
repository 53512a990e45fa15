import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kindred, openKindred } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { type SimilarMode, SimilarRequest } from '../../src/domain/query.ts'
import { RecommendRequest, type RecommendStrategy } from '../../src/domain/recommend.ts'
import { ndcgAt } from '../../src/services/evaluate/metrics.ts'
import { ingest } from '../../src/services/ingest.ts'
import { NEAR_DUPLICATE } from '../../src/services/near-duplicates.ts'
import { matchTitle } from '../../src/services/papers.ts'
import { recommend } from '../../src/services/recommend.ts'
import { similarPapers } from '../../src/services/similar.ts'
import { createRandom } from '../support/random.ts'

const SHARED = fileURLToPath(new URL('../../../shared/', import.meta.url))
const QUERIES = join(SHARED, 'eval/dev-queries.jsonl')
const SEEDS = join(SHARED, 'seeds')
/** How many pairs a draw must give at least, and how often seeds are drawn: few pairs would leave it to chance. */
const PAIRS = 40
const DRAWS = 4
/** Positives of each topic. */
const SEEDS_EACH = 3
const TOP = 10

interface Topic {
  readonly id: string
  /** Ids of the papers that answer the question. */
  readonly answers: readonly string[]
  /** Those and the related ones. */
  readonly graded: readonly string[]
  readonly grades: ReadonlyMap<string, number>
}

interface Side {
  readonly topic: Topic
  readonly seeds: readonly string[]
}

interface Judged {
  readonly qid: string
  readonly kind: string
  readonly relevant: readonly { readonly title: string; readonly grade: number }[]
}

const random = createRandom(40)

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => ({ item, place: random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item)
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** One after the other: the figures need no haste, and the machine has other work. */
async function each<T, Result>(list: readonly T[], work: (item: T) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (const item of list) results.push(await work(item))
  return results
}

/** Every choice of three. */
const everyThree = (list: readonly string[]): string[][] =>
  list.flatMap((one, at) =>
    list.slice(at + 1).flatMap((two, after) => list.slice(at + after + 2).map((three) => [one, two, three])),
  )

/** nDCG@10 of a list by the grades of what was not asked with. */
function ndcg(list: readonly string[], grades: ReadonlyMap<string, number>, seeds: readonly string[]): number {
  const judged = [...grades].filter(([id]) => !seeds.includes(id)).map(([, grade]) => grade)
  return ndcgAt(TOP, { ranked: list.map((id) => grades.get(id) ?? 0), judged })
}

describe.skipIf(!existsSync(QUERIES) || !existsSync(SEEDS))(
  'seeds of two topics with the real model (skipped without ../shared)',
  () => {
    const indexDir = mkdtempSync(join(tmpdir(), 'kindred-topics-'))
    let kindred: Kindred
    let topics: Topic[]

    beforeAll(async () => {
      kindred = await openKindred(loadConfig({ flags: { indexDir }, env: {} }).config)
      await ingest(kindred.deps, kindred.readSources([SEEDS], {}), { run: 'topics' })
      const judged = readFileSync(QUERIES, 'utf8')
        .trim()
        .split('\n')
        .map((line): Judged => JSON.parse(line))
      topics = await Promise.all(judged.filter(({ kind }) => kind === 'topic').map(toTopic))
    })

    afterAll(async () => {
      await kindred.close()
      rmSync(indexDir, { recursive: true, force: true })
    })

    async function toTopic({ qid, relevant }: Judged): Promise<Topic> {
      const papers = await Promise.all(
        relevant.map(async ({ title, grade }) => ({ id: (await matchTitle(kindred.deps, title)).id, grade })),
      )
      const idsFrom = (least: number) => papers.filter(({ grade }) => grade >= least).map(({ id }) => id)
      return {
        id: qid,
        answers: idsFrom(2),
        graded: idsFrom(1),
        grades: new Map(papers.map(({ id, grade }) => [id, grade])),
      }
    }

    async function top(positive: readonly string[], strategy: RecommendStrategy, limit: number): Promise<string[]> {
      const request = RecommendRequest.parse({ positive, strategy, limit })
      return (await recommend(kindred.deps, request)).data.map(({ id }) => id)
    }

    const covers = (list: readonly string[], { graded }: Topic): boolean => list.some((id) => graded.includes(id))

    /** Every two topics, in a seeded order, each with seeds of its own. */
    function everyPair(): [Side, Side][] {
      const both = topics.flatMap((one, at) => topics.slice(at + 1).map((other): [Topic, Topic] => [one, other]))
      return shuffled(both).flatMap(([one, other]): [Side, Side][] => {
        const seeds = shuffled(one.answers).slice(0, SEEDS_EACH)
        const others = shuffled(other.answers.filter((id) => !seeds.includes(id))).slice(0, SEEDS_EACH)
        if (seeds.length + others.length < 2 * SEEDS_EACH) return []
        return [
          [
            { topic: one, seeds },
            { topic: other, seeds: others },
          ],
        ]
      })
    }

    async function like(id: string, mode: SimilarMode): Promise<string[]> {
      return (await similarPapers(kindred.deps, SimilarRequest.parse({ id, mode, limit: TOP }))).data.map(
        (hit) => hit.id,
      )
    }

    /** Figures of each topic, averaged over the topics. */
    async function meanOfTopics(figures: (topic: Topic) => Promise<readonly number[]>): Promise<number[]> {
      const rows = await each(topics, figures)
      return (rows[0] ?? []).map((_, column) => mean(rows.map((row) => row[column] ?? 0)))
    }

    async function coverage(pairs: readonly [Side, Side][], strategy: RecommendStrategy): Promise<number> {
      let covered = 0
      for (const sides of pairs) {
        const list = await top(
          sides.flatMap(({ seeds }) => seeds),
          strategy,
          TOP,
        )
        if (sides.every(({ topic }) => covers(list, topic))) covered += 1
      }
      return covered / pairs.length
    }

    const percent = (share: number) => `${(100 * share).toFixed(1)} %`

    async function say(annotate: (message: string) => Promise<unknown>, figures: readonly string[]): Promise<void> {
      console.info(figures.join('\n'))
      for (const figure of figures) await annotate(figure)
    }

    it(`covers both topics in the top ${TOP} in some 95 % of all pairs, where the average does not`, async ({
      annotate,
    }) => {
      const pairs = Array.from({ length: DRAWS }, everyPair).flat()
      expect(pairs.length).toBeGreaterThanOrEqual(DRAWS * PAIRS)
      const [multi, average] = [await coverage(pairs, 'multiInterest'), await coverage(pairs, 'average')]
      await say(annotate, [`${pairs.length} pairs: multiInterest ${percent(multi)}, average ${percent(average)}`])
      // 95 % is the aim and was measured; another processor may round a few vectors otherwise.
      expect(multi).toBeGreaterThanOrEqual(0.94)
      expect(multi - average).toBeGreaterThan(0.4)
    })

    it('ranks what belongs to one topic far better by vectors and words than by vectors', async ({ annotate }) => {
      const fromSeeds = await meanOfTopics(async ({ answers, grades }) => {
        const lists = everyThree(answers)
        const of = async (strategy: RecommendStrategy) =>
          mean(await each(lists, async (seeds) => ndcg(await top(seeds, strategy, TOP), grades, seeds)))
        return [await of('multiInterest'), await of('average')]
      })
      const fromOne = await meanOfTopics(async ({ answers, grades }) => {
        const of = async (mode: SimilarMode) =>
          mean(await each(answers, async (id) => ndcg(await like(id, mode), grades, [id])))
        return [await of('hybrid'), await of('dense')]
      })
      const shown = ([one = 0, other = 0]: readonly number[], names: string) =>
        `nDCG@${TOP} of ${names}: ${one.toFixed(3)}, ${other.toFixed(3)}`
      await say(annotate, [
        shown(fromSeeds, `${SEEDS_EACH} seeds of one topic, multiInterest and average`),
        shown(fromOne, 'similar, hybrid and dense'),
      ])
      expect(fromSeeds[0]).toBeGreaterThan(0.55)
      expect(fromOne[0]).toBeGreaterThan(0.5)
      expect((fromSeeds[0] ?? 0) - (fromSeeds[1] ?? 0)).toBeGreaterThan(0.12)
      expect((fromOne[0] ?? 0) - (fromOne[1] ?? 0)).toBeGreaterThan(0.07)
    })

    it('takes no two of the papers, which are all different, for near-duplicates', async () => {
      const papers: { key: number; vector: Float32Array }[] = []
      for await (const { key, vector } of kindred.deps.store.everything()) papers.push({ key, vector })
      const keys = papers.map(({ key }) => key)
      let nearest = -1
      for (const { key, vector } of papers) {
        const similarities = await kindred.deps.index.similarities(vector, keys)
        similarities.forEach((similarity, at) => {
          if (keys[at] !== key) nearest = Math.max(nearest, similarity)
        })
      }
      expect(nearest).toBeLessThan(NEAR_DUPLICATE)
    })
  },
)
