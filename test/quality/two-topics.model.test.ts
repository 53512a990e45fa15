import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kindred, openKindred } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { RecommendRequest, type RecommendStrategy } from '../../src/domain/recommend.ts'
import { ingest } from '../../src/services/ingest.ts'
import { NEAR_DUPLICATE } from '../../src/services/near-duplicates.ts'
import { matchTitle } from '../../src/services/papers.ts'
import { recommend } from '../../src/services/recommend.ts'
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
      return { id: qid, answers: idsFrom(2), graded: idsFrom(1) }
    }

    async function top(positive: readonly string[], strategy: RecommendStrategy, limit: number): Promise<string[]> {
      const request = RecommendRequest.parse({ positive, strategy, limit })
      return (await recommend(kindred.deps, request)).data.map(({ id }) => id)
    }

    const covers = (list: readonly string[], { graded }: Topic): boolean => list.some((id) => graded.includes(id))

    /** Whether half a page about this topic alone, from the average of its seeds, shows any of its graded papers. */
    const findable = async ({ topic, seeds }: Side, exclude: readonly string[]): Promise<boolean> => {
      const alone = await top(seeds, 'average', TOP / 2 + exclude.length)
      return covers(alone.filter((id) => !exclude.includes(id)).slice(0, TOP / 2), topic)
    }

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

    it(`covers both topics in the top ${TOP} in at least 95 %, where the average does not`, async ({ annotate }) => {
      const every = Array.from({ length: DRAWS }, everyPair).flat()
      const pairs: [Side, Side][] = []
      for (const [one, other] of every) {
        if ((await findable(one, other.seeds)) && (await findable(other, one.seeds))) pairs.push([one, other])
      }
      expect(pairs.length).toBeGreaterThanOrEqual(DRAWS * PAIRS)
      const [multi, average] = [await coverage(pairs, 'multiInterest'), await coverage(pairs, 'average')]
      const [multiOfAll, averageOfAll] = [await coverage(every, 'multiInterest'), await coverage(every, 'average')]
      const percent = (share: number) => `${(100 * share).toFixed(1)} %`
      const figures = [
        `${pairs.length} pairs of topics: multiInterest ${percent(multi)}, average ${percent(average)}`,
        `all ${every.length}, findable or not: multiInterest ${percent(multiOfAll)}, average ${percent(averageOfAll)}`,
      ]
      console.info(figures.join('\n'))
      for (const figure of figures) await annotate(figure)
      expect(multi).toBeGreaterThanOrEqual(0.95)
      expect(multi - average).toBeGreaterThan(0.3)
      expect(multiOfAll - averageOfAll).toBeGreaterThan(0.15)
    })

    it('takes no two of the papers, which are all different, for near-duplicates', async () => {
      const papers: { key: number; vector: Float32Array }[] = []
      for await (const { key, vector } of kindred.deps.store.everything()) papers.push({ key, vector })
      const keys = papers.map(({ key }) => key)
      let nearest = -1
      for (const { key, vector } of papers) {
        const similarities = await kindred.deps.index.similarities(vector, keys)
        similarities.forEach((similarity, at) => {
          if (keys[at] !== key) nearest = Math.max(nearest, similarity ?? -1)
        })
      }
      expect(nearest).toBeLessThan(NEAR_DUPLICATE)
    })
  },
)
