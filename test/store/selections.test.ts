import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Filter } from '../../src/domain/filter.ts'
import type { PaperStore } from '../../src/domain/ports.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { addValueFunctions, VALUES_STEP } from '../../src/store/values-step.ts'
import { change, paper, stored, writeAll } from '../support/changes.ts'
import { matches } from '../support/filter-oracle.ts'
import { openStore, SPACE } from '../support/library.ts'
import { createRandom, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(64)
const vector = () => randomVector(random, SPACE.dimension)

const PAPERS = [
  paper('Tides and gauges', {
    id: 'Tides',
    year: 2021,
    publishedAt: '2021-03-09',
    authors: ['Ida Moen', 'Per Lunde'],
    venue: 'Harbour Letters',
    categories: ['cs.LG', 'ao.ph'],
    commentCount: 4,
    arxivId: '2103.01234',
    organization: { handle: 'tidelab', name: 'Tide Lab' },
  }),
  paper('Storms and gauges', {
    id: 'storms',
    year: 2022,
    authors: ['per lunde', 'José Ártico'],
    categories: ['CS.lg'],
  }),
  paper('Glaciers', {
    id: 'glaciers',
    year: 2019,
    publishedAt: '2019-05-20',
    commentCount: 0,
    organization: { handle: 'icelab', name: 'TideLab' },
    sources: ['a.jsonl', 'b.jsonl'],
  }),
  paper('Bread', { id: 'bread', sources: ['A.jsonl'] }),
]

async function openFilled(dir = tempDir()): Promise<PaperStore> {
  const store = openStore(dir)
  await writeAll(
    store,
    PAPERS.map((each) => change(each, vector())),
  )
  return store
}

async function ids(store: PaperStore, filter: object): Promise<string[]> {
  const selection = await store.matching(Filter.parse(filter))
  const keys = [...selection.keys()]
  expect(selection.size).toBe(keys.length)
  expect(keys.every((key) => selection.has(key))).toBe(true)
  return (await store.byKeys(keys)).map(({ paper: { id } }) => id)
}

const ALL = ['Tides', 'storms', 'glaciers', 'bread']

describe('what a filter matches', () => {
  it.each([
    [{}, ALL],
    [{ year: 2021 }, ['Tides']],
    [{ year: { $gt: 2019, $lt: 2022 } }, ['Tides']],
    [{ year: { $gte: 2019, $lte: 2021 } }, ['Tides', 'glaciers']],
    [{ year: null }, ['bread']],
    [{ year: { $ne: 2021 } }, ['storms', 'glaciers', 'bread']],
    [{ year: { $nin: [2021, 2022] } }, ['glaciers', 'bread']],
    [{ year: { $not: { $gte: 2020 } } }, ['glaciers', 'bread']],
    [{ year: { $in: [] } }, []],
    [{ year: { $nin: [] } }, ALL],
    [{ year: 2021.5 }, []],
    [{ commentCount: { $lt: 1 } }, ['glaciers']],
    [{ publishedAt: { $gte: '2021-03-09' } }, ['Tides']],
    [{ publishedAt: { $gt: '2021-03-09' } }, []],
    [{ publishedAt: { $exists: false } }, ['storms', 'bread']],
    [{ authors: 'PER LUNDE' }, ['Tides', 'storms']],
    [{ authors: 'Lunde' }, []],
    [{ authors: { $in: ['ida moen', 'JOSÉ ÁRTICO'] } }, ['Tides', 'storms']],
    [{ authors: { $ne: 'Per Lunde' } }, ['glaciers', 'bread']],
    [{ authors: { $in: ['Ida Moen'], $nin: ['Per Lunde'] } }, []],
    [{ authors: { $exists: true } }, ['Tides', 'storms']],
    [{ categories: 'cs.LG' }, ['Tides', 'storms']],
    [{ venue: 'harbour letters' }, ['Tides']],
    [{ organization: 'tidelab' }, ['Tides', 'glaciers']],
    [{ organization: 'Tide Lab' }, ['Tides']],
    [{ sources: 'a.jsonl' }, ['glaciers', 'bread']],
    [{ id: 'Tides' }, ['Tides']],
    [{ id: 'tides' }, []],
    [{ arxivId: '2103.01234v2' }, ['Tides']],
    [{ $or: [{ year: 2022 }, { venue: 'Harbour Letters' }] }, ['Tides', 'storms']],
    [{ $and: [{ year: { $gte: 2021 } }, { authors: 'Ida Moen' }] }, ['Tides']],
    [{ $not: { year: { $gte: 2021 } } }, ['glaciers', 'bread']],
    [{ $not: {} }, []],
    [{ venue: "x' OR 1=1 --" }, []],
    [{ venue: '%' }, []],
    [{ venue: '\u0000' }, []],
  ])('%j', async (filter, expected) => {
    const store = await openFilled()
    expect(await ids(store, filter)).toEqual(expected)
    if (!('arxivId' in filter))
      expect(PAPERS.filter((each) => matches(each, filter)).map(({ id }) => id)).toEqual(expected)
  })

  it('follows what is written and removed', async () => {
    const store = await openFilled()
    expect(await ids(store, { venue: 'Harbour Letters' })).toEqual(['Tides'])
    const { key } = await stored(store, 'Tides')
    await writeAll(store, [change(paper('Tides and gauges', { id: 'Tides', venue: 'Ice Letters' }), null, { key })])
    expect(await ids(store, { venue: 'Harbour Letters' })).toEqual([])
    expect(await ids(store, { venue: 'Ice Letters' })).toEqual(['Tides'])
    expect(await ids(store, { authors: 'Ida Moen' })).toEqual([])
    await store.remove('Tides')
    expect(await ids(store, { venue: 'Ice Letters' })).toEqual([])
    expect(await ids(store, {})).toEqual(['storms', 'glaciers', 'bread'])
  })

  it('is the same object while nothing is written, for the last filters asked for', async () => {
    const store = await openFilled()
    const filter = Filter.parse({ year: 2021 })
    const selection = await store.matching(filter)
    expect(await store.matching(Filter.parse({ year: 2021 }))).toBe(selection)
    for (let year = 0; year < 100; year += 1) await store.matching(Filter.parse({ year }))
    expect(await store.matching(filter)).not.toBe(selection)
  })
})

describe('words within a filter', () => {
  it('find as many as there are, however far down they rank', async () => {
    const store = openStore(tempDir())
    const papers = Array.from({ length: 400 }, (_, at) =>
      paper(`Gauge ${at}`, { id: `g${at}`, abstract: 'gauge '.repeat(400 - at), year: 1600 + at }),
    )
    await writeAll(
      store,
      papers.map((each) => change(each, vector())),
    )
    const all = await store.lexical(['gauge'], 400)
    const within = await store.matching(Filter.parse({ year: { $gte: 1980 } }))
    const found = await store.lexical(['gauge'], 15, within)
    expect(found.total).toBe(20)
    expect(found.matches).toEqual(all.matches.filter(({ key }) => within.has(key)).slice(0, 15))
    expect((await store.lexical(['gauge'], 100, within)).matches).toHaveLength(20)
  })
})

describe('counts of values', () => {
  it('are of all papers, most frequent first, spellings of one name together', async () => {
    const store = await openFilled()
    const { total, values } = await store.countValues(['authors', 'organization', 'year', 'categories'], 3, {})
    expect(total).toBe(4)
    expect(values).toEqual([
      [
        { value: 'Per Lunde', count: 2 },
        { value: 'Ida Moen', count: 1 },
        { value: 'José Ártico', count: 1 },
      ],
      [
        { value: 'Tide Lab', count: 1 },
        { value: 'TideLab', count: 1 },
      ],
      [
        { value: 2019, count: 1 },
        { value: 2021, count: 1 },
        { value: 2022, count: 1 },
      ],
      [
        { value: 'CS.lg', count: 2 },
        { value: 'ao.ph', count: 1 },
      ],
    ])
  })

  it('are of the papers that hold a word and match the filter', async () => {
    const store = await openFilled()
    const within = await store.matching(Filter.parse({ year: { $gte: 2022 } }))
    expect(await store.countValues(['year'], 10, { terms: ['gauges'] })).toMatchObject({ total: 2 })
    expect(await store.countValues(['year'], 10, { terms: ['gauges'], within })).toEqual({
      total: 1,
      values: [[{ value: 2022, count: 1 }]],
    })
    expect(await store.countValues(['year'], 10, { terms: [] })).toEqual({ total: 0, values: [[]] })
  })
})

describe('a database from before there were filters', () => {
  it('is upgraded to what a new one is', async () => {
    const dir = tempDir()
    const store = await openFilled(dir)
    await store.close()
    const db = new Sqlite(join(dir, 'papers.db'))
    const rows = () => db.prepare('SELECT * FROM paper_values ORDER BY field, value, paper').all()
    const schema = () => db.prepare("SELECT sql FROM sqlite_schema WHERE tbl_name = 'paper_values'").all()
    const fresh = { rows: rows(), schema: schema() }
    expect(fresh.rows.length).toBeGreaterThan(20)
    db.exec('DROP TABLE paper_values')
    addValueFunctions(db)
    db.exec(VALUES_STEP)
    expect({ rows: rows(), schema: schema() }).toEqual(fresh)
    db.close()
    expect(await ids(openStore(dir), { authors: 'per lunde' })).toEqual(['Tides', 'storms'])
  })
})
