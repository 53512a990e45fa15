import { beforeEach, describe, expect, it } from 'vitest'
import { List } from '../../src/domain/query.ts'
import { RecommendRequest, RecommendStrategy } from '../../src/domain/recommend.ts'
import { recommend } from '../../src/services/recommend.ts'
import { similarPapers } from '../../src/services/similar.ts'
import { add, type Library, openLibrary } from '../support/library.ts'
import { someRecords } from '../support/records.ts'

/** Three subjects that share no word, and papers of each. */
const WORDS = [
  ['tide', 'harbour', 'gauge', 'moon', 'surge', 'storm', 'wharf', 'buoy'],
  ['bread', 'crust', 'oven', 'loaf', 'dough', 'flour', 'yeast', 'baker'],
  ['glacier', 'crevasse', 'moraine', 'icefall', 'firn', 'serac', 'snowline', 'ablation'],
] as const
const EACH = 60
const word = (subject: number, n: number): string => WORDS[subject]?.[n % 8] ?? ''
const RECORDS = WORDS.flatMap((_, subject) =>
  Array.from({ length: EACH }, (_, n) => ({
    id: `s${subject}-${n}`,
    title: `${word(subject, n)} ${word(subject, n + 1 + (n >> 3))} study${subject}x${n}`,
    abstract: [0, 1, 2, 3].map((step) => word(subject, n + step * (1 + (n % 3)))).join(' '),
    year: 2000 + n,
  })),
)

let library: Library
beforeEach(async () => {
  library = await openLibrary()
  await add(library, RECORDS)
})

const ask = (body: object) => recommend(library, RecommendRequest.parse(body))
const ids = ({ data }: List) => data.map(({ id }) => id)
const subjects = (list: List) => ids(list).map((id) => id.slice(0, 2))
const untimed = ({ tookMs: _, ...list }: List) => list

const vectorOf = async (id: string): Promise<Float32Array> => {
  const [stored] = await library.store.get([id])
  return (await library.index.vectorOf(stored?.key ?? -1)) ?? new Float32Array()
}
const dot = (one: Float32Array, other: Float32Array) =>
  one.reduce((sum, value, at) => sum + value * (other[at] ?? 0), 0)

type Similarities = { readonly likes: number[]; readonly unlikes: number[] }
const sigmoid = (value: number) => 0.5 * (1 + value / (1 + Math.abs(value)))
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Every paper that is no seed by a formula over its similarities to the seeds, best value first. */
async function byFormula(seeds: { positive: string[]; negative: string[] }, formula: (of: Similarities) => number) {
  const positive = await Promise.all(seeds.positive.map(vectorOf))
  const negative = await Promise.all(seeds.negative.map(vectorOf))
  const others = RECORDS.filter(({ id }) => ![...seeds.positive, ...seeds.negative].includes(id))
  const valued = await Promise.all(
    others.map(async ({ id }) => {
      const vector = await vectorOf(id)
      const to = (list: Float32Array[]) => list.map((seed) => dot(vector, seed))
      return { id, value: formula({ likes: to(positive), unlikes: to(negative) }) }
    }),
  )
  return valued.sort((one, other) => other.value - one.value)
}

const SEEDS = { positive: ['s0-3', 's0-9', 's1-4'], negative: ['s1-20', 's2-5'] }

describe.each(RecommendStrategy.options)('recommend by %s', (strategy) => {
  it('answers with a List that fills its limit, without the seeds', async () => {
    for (const limit of [1, 10, 100]) {
      const list = await ask({ ...SEEDS, strategy, limit, explain: true })
      expect(List.parse(list)).toEqual(list)
      expect(list.data).toHaveLength(limit)
      expect(list.total).toBe(RECORDS.length - 5)
      expect(ids(list)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(s0-3|s0-9|s1-4|s1-20|s2-5)$/)]))
    }
  })

  it('pages through all papers but the seeds, each once', async () => {
    const listed: string[] = []
    for (let offset: number | null = 0; offset !== null; ) {
      const page: List = await ask({ ...SEEDS, strategy, limit: 70, offset })
      listed.push(...ids(page))
      offset = page.next
    }
    expect(new Set(listed).size).toBe(RECORDS.length - 5)
    expect(listed).toHaveLength(RECORDS.length - 5)
  })

  it('gives the same answer every time, and for every spelling of the request', async () => {
    const { positive, negative } = SEEDS
    const first = untimed(await ask({ positive, negative, strategy }))
    expect(untimed(await ask({ positive, negative, strategy }))).toEqual(first)
    expect(untimed(await ask({ positivePaperIds: positive, negativePaperIds: negative, strategy }))).toEqual(first)
    const twice = { positive: [...positive, 's0-3'], positivePaperIds: ['s0-9'], negative, strategy }
    expect(ids(await ask(twice))).toEqual(ids(await ask({ positive, negative, strategy })))
  })

  it('pushes papers like a negative down', async () => {
    const mixed = ['s0-3', 's0-4', 's1-3', 's1-4']
    const rankSum = (list: List) => sum(list.data.filter(({ id }) => id.startsWith('s1')).map(({ rank }) => rank))
    const plain = await ask({ positive: mixed, strategy, limit: 100 })
    const pushed = await ask({ positive: mixed, negative: ['s1-5', 's1-6'], strategy, limit: 100 })
    const unlike = (list: List) =>
      subjects(list)
        .slice(0, 20)
        .filter((subject) => subject === 's1').length
    expect(unlike(pushed)).toBeLessThanOrEqual(unlike(plain))
    expect(rankSum(pushed)).not.toBe(rankSum(plain))
  })

  it('finds with one paper what is similar to it', async () => {
    const one = await ask({ positive: ['s2-7'], strategy, exact: true })
    const mode = strategy === 'multiInterest' ? 'hybrid' : 'dense'
    const page = { limit: 10, offset: 0, explain: false }
    expect(ids(one)).toEqual(ids(await similarPapers(library, { id: 's2-7', mode, exact: true, ...page })))
  })

  it('says which positive each hit is most like, by id or by the index of a text', async () => {
    const text = WORDS[2].join(' ')
    const { data } = await ask({ positive: ['s0-3', { text }, 's1-4'], strategy, limit: 30, explain: true })
    const expected: Record<string, string | number> = { s0: 's0-3', s1: 's1-4', s2: 1 }
    for (const { id, explain } of data) expect(explain?.nearestSeed).toBe(expected[id.slice(0, 2)])
    expect((await ask({ ...SEEDS, strategy })).data.some((hit) => 'explain' in hit)).toBe(false)
  })

  it('lists only what a filter matches, as many as there are', async () => {
    const list = await ask({ ...SEEDS, strategy, limit: 100, filter: { year: { $gte: 2050 } } })
    expect(list.data).toHaveLength(30)
    expect(list.total).toBe(30)
    expect(list.data.every(({ year }) => (year ?? 0) >= 2050)).toBe(true)
  })

  it('refuses an unknown id by its name, and a paper that is wanted and unwanted', async () => {
    await expect(ask({ positive: ['s0-3', 'nobody'], strategy })).rejects.toMatchObject({
      code: 'PAPER_NOT_FOUND',
      message: expect.stringContaining('nobody'),
    })
    await expect(ask({ positive: ['s0-3'], negative: ['s0-3'], strategy })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
    })
  })

  it('takes diversity, recency and collapse, with pages that fit together', async () => {
    const asked = { ...SEEDS, strategy, diversity: 0.4, recencyHalfLifeDays: 4000, collapse: true }
    const whole = ids(await ask({ ...asked, limit: 60 }))
    const pages = await Promise.all([0, 20, 40].map((offset) => ask({ ...asked, limit: 20, offset })))
    expect(pages.flatMap(ids)).toEqual(whole)
  })
})

describe('minScore', () => {
  it.each(RecommendStrategy.options)(
    'leaves out what scores less, and counts what is left, by %s',
    async (strategy) => {
      for (const more of [{}, { diversity: 0.6 }]) {
        const asked = { ...SEEDS, strategy, ...more }
        const whole = (await ask({ ...asked, limit: 100 })).data.concat(
          (await ask({ ...asked, limit: 100, offset: 100 })).data,
        )
        const minScore = whole.map(({ score }) => score).sort((one, other) => other - one)[24] ?? 0
        const strong = new Set(whole.filter(({ score }) => score >= minScore).map(({ id }) => id))
        const listed: List[] = []
        for (let offset: number | null = 0; offset !== null; offset = listed.at(-1)?.next ?? null)
          listed.push(await ask({ ...asked, minScore, limit: 10, offset }))
        const shown = listed.flatMap(ids)
        // An interest may still bring a paper that another one, whose turn came first, thought less of.
        expect(shown).toEqual(expect.arrayContaining([...strong]))
        expect(listed.every(({ data }) => data.every(({ score }) => score >= minScore))).toBe(true)
        expect(listed.at(-1)?.total).toBe(shown.length)
        if (strategy !== 'multiInterest') expect(shown).toHaveLength(strong.size)
      }
    },
  )
})

describe('the formulas', () => {
  it.each([SEEDS, { ...SEEDS, negative: [] }, { positive: [], negative: ['s1-20', 's2-5'] }])(
    'of bestScore hold for every paper: %o',
    async (seeds) => {
      const expected = await byFormula(seeds, ({ likes, unlikes }) => {
        const [like, unlike] = [Math.max(...likes), Math.max(...unlikes)]
        return like > unlike ? sigmoid(like) : -sigmoid(unlike)
      })
      const { data } = await ask({ ...seeds, strategy: 'bestScore', explain: true, limit: 100 })
      data.forEach(({ score, explain }, at) => {
        const value = expected[at]?.value ?? Number.NaN
        expect(explain?.fusion).toBeCloseTo(value, 5)
        expect(score).toBeCloseTo((1 + value / 0.75) / 2, 5)
      })
    },
  )

  it.each([SEEDS, { ...SEEDS, negative: [] }, { positive: [], negative: ['s1-20', 's2-5'] }])(
    'of sumScores hold for every paper: %o',
    async (seeds) => {
      const expected = await byFormula(seeds, ({ likes, unlikes }) => sum(likes) - sum(unlikes))
      const { data } = await ask({ ...seeds, strategy: 'sumScores', explain: true, exact: true, limit: 100 })
      const count = seeds.positive.length + seeds.negative.length
      data.forEach(({ score, explain }, at) => {
        const value = expected[at]?.value ?? Number.NaN
        expect(explain?.fusion).toBeCloseTo(value, 5)
        expect(score).toBeCloseTo((1 + value / count) / 2, 5)
      })
    },
  )

  it('of average hold for every paper', async () => {
    const [positive, negative] = await Promise.all([
      Promise.all(SEEDS.positive.map(vectorOf)),
      Promise.all(SEEDS.negative.map(vectorOf)),
    ])
    const mean = (list: Float32Array[], at: number) => sum(list.map((each) => each[at] ?? 0)) / list.length
    const query = Array.from({ length: 64 }, (_, at) => 2 * mean(positive, at) - mean(negative, at))
    const norm = Math.hypot(...query)
    const { data } = await ask({ ...SEEDS, strategy: 'average', exact: true, limit: 100 })
    for (const { id, score } of data) {
      const cosine = sum([...(await vectorOf(id))].map((value, at) => (value * (query[at] ?? 0)) / norm))
      expect(score).toBeCloseTo(Math.max(0, cosine), 5)
    }
  })
})

describe('bestScore over a large index', () => {
  it('widens the search of each seed until it finds what comparing with all finds', async () => {
    const large = await openLibrary()
    await add(
      large,
      someRecords(2_300).map((record, n) => ({ ...record, id: `r${n}` })),
    )
    // Negatives beside a positive: most of its first neighbours are on the wrong side.
    const asked = {
      positive: ['r5', 'r700'],
      negative: ['r6', 'r25', 'r85', 'r105'],
      strategy: 'bestScore',
      limit: 100,
    }
    const near = await recommend(large, RecommendRequest.parse({ ...asked, ef: 400 }))
    const exact = await recommend(large, RecommendRequest.parse({ ...asked, exact: true }))
    expect(near.data).toHaveLength(100)
    const found = new Set(ids(near))
    expect(ids(exact).filter((id) => found.has(id)).length).toBeGreaterThanOrEqual(98)
    expect([near.index.plan, exact.index.plan]).toEqual(['ann', 'exact'])
    const away = { negative: ['r6', 'r25'], strategy: 'bestScore', limit: 100 }
    expect((await recommend(large, RecommendRequest.parse(away))).data).toHaveLength(100)
  })
})

describe('multiInterest', () => {
  it('shows both topics of two, each about as often as its seeds say', async () => {
    const positive = ['s0-1', 's0-2', 's0-3', 's2-1', 's2-2', 's2-3']
    const shown = subjects(await ask({ positive, strategy: 'multiInterest' }))
    for (const subject of ['s0', 's2']) expect(shown.filter((each) => each === subject).length).toBeGreaterThan(2)
  })

  it('takes two far-apart papers as two topics, and gives a topic of one its share', async () => {
    expect(new Set(subjects(await ask({ positive: ['s0-1', 's2-1'] })))).toEqual(new Set(['s0', 's2']))
    const uneven = subjects(await ask({ positive: ['s0-1', 's0-2', 's0-3', 's0-4', 's2-1'] }))
    expect(uneven.filter((subject) => subject === 's2')).toHaveLength(2)
  })

  it('takes from a hit what it lacks to be nearer to a positive by the margin, and says so', async () => {
    const seeds = { positive: ['s0-3', 's1-3'], negative: ['s1-4'] }
    const lacking = await byFormula(seeds, ({ likes, unlikes }) => Math.max(...unlikes) - Math.max(...likes) + 0.1)
    const lacks = new Map(lacking.map(({ id, value }) => [id, value]))
    const { data } = await ask({ ...seeds, limit: 100, explain: true })
    for (const { id, score, explain } of data) {
      const penalty = Math.max(0, lacks.get(id) ?? 0)
      expect(explain?.boosts.map(({ name }) => name)).toEqual(penalty > 0 ? ['negatives'] : [])
      expect(score).toBeCloseTo(Math.max(0, (explain?.fusion ?? 0) - penalty), 5)
    }
    expect(data.filter(({ explain }) => explain?.boosts.length === 1).length).toBeGreaterThan(0)
  })
})

describe('RecommendRequest', () => {
  it.each([
    [{}, ''],
    [{ negative: ['a'] }, 'positive'],
    [{ negative: ['a'], strategy: 'average' }, 'positive'],
    [{ positive: Array.from({ length: 60 }, () => 'a'), negative: Array.from({ length: 41 }, () => 'b') }, ''],
    [{ positive: [''] }, 'positive.0'],
    [{ positive: [{ text: ' ' }] }, 'positive.0'],
    [{ positive: ['a'], strategy: 'best' }, 'strategy'],
    [{ positive: ['a'], diversity: 1.1 }, 'diversity'],
    [{ positive: ['a'], recencyHalfLifeDays: 0 }, 'recencyHalfLifeDays'],
  ])('refuses %j', (body, path) => {
    const issues = RecommendRequest.safeParse(body).error?.issues ?? []
    expect(issues.map((issue) => issue.path.join('.'))).toEqual([expect.stringContaining(path)])
  })

  it('takes negatives alone where a strategy can', () => {
    for (const strategy of ['bestScore', 'sumScores'])
      expect(RecommendRequest.safeParse({ negative: ['a'], strategy }).success).toBe(true)
  })
})
