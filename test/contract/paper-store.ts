import { beforeEach, describe, expect, it } from 'vitest'
import { textHash, titleAlias } from '../../src/domain/identity.ts'
import type { Paper } from '../../src/domain/paper.ts'
import type { PaperStore } from '../../src/domain/ports.ts'
import type { SortKey } from '../../src/domain/query.ts'
import { change, paper, stored, writeAll } from '../support/changes.ts'
import { createRandom, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const DIMENSION = 8
const random = createRandom(7)
const vector = () => randomVector(random, DIMENSION)
const SPACE = { fingerprint: 'contract@1', dimension: DIMENSION }

/** What every PaperStore promises; `open` gives a fresh one over a folder, closed when the test ends. */
export function paperStoreContract(name: string, open: (dir: string, space: typeof SPACE) => PaperStore): void {
  describe(`${name} as a PaperStore`, () => {
    let store: PaperStore
    beforeEach(() => {
      store = open(tempDir(), SPACE)
    })
    readingAndWriting(() => store)
    lookingUp(() => store)
    citing(() => store)
    removing(() => store)
    listing(() => store)
    searching(() => store)
    followingVectors(() => store)
    filling(() => store)
  })
}

type Current = () => PaperStore

function readingAndWriting(store: Current): void {
  it('gives back what was written, bit by bit', async () => {
    const written = paper('Kites', { abstract: 'They $\\rho$ar.', authors: ['Å', '李'], year: 1999, doi: '10.1000/k' })
    const values = vector()
    await writeAll(store(), [change(written, values)])
    expect((await stored(store(), written.id)).paper).toEqual(written)
    for await (const { vector } of store().everything()) expect(vector).toEqual(values)
  })

  it('counts a generation for each write', async () => {
    const before = store().generation()
    expect(await writeAll(store(), [change(paper('A'), vector())])).toEqual({ generation: before + 1 })
    expect(store().generation()).toBe(before + 1)
  })

  it('writes nothing where another writer came first', async () => {
    const expectedGeneration = store().generation()
    await writeAll(store(), [change(paper('A'), vector())])
    const late = await store().write({ changes: [change(paper('B'), vector())], expectedGeneration, run: 'late' })
    expect(late).toBeNull()
    expect(await store().get([paper('B').id])).toEqual([null])
  })

  it('leaves nothing of a write that fails in the middle', async () => {
    const good = paper('Good one', { abstract: 'quokka' })
    const bad = [change(paper('No vector'), null), change(paper('Short'), new Float32Array(3)), change(good, vector())]
    for (const wrong of bad) {
      await expect(writeAll(store(), [change(good, vector()), wrong])).rejects.toThrow()
    }
    const stats = await store().stats()
    expect(stats).toMatchObject({ papers: 0, vectors: 0, generation: 0 })
    expect(await store().findByAlias([titleAlias('Good one')])).toBeNull()
    expect((await store().lexical(['quokka'], 10)).total).toBe(0)
  })

  it('refuses a vector that is not finite', async () => {
    const broken = vector()
    broken[3] = Number.NaN
    await expect(writeAll(store(), [change(paper('A'), broken)])).rejects.toThrow(RangeError)
  })

  it('keeps the vector where a change brings none', async () => {
    const [before, values] = [paper('A'), vector()]
    await writeAll(store(), [change(before, values)])
    const { key } = await stored(store(), before.id)
    await writeAll(store(), [change({ ...before, venue: 'V' }, null, { key })])
    for await (const found of store().everything()) expect([found.paper.venue, found.vector]).toEqual(['V', values])
    expect(store().changesAfter(1)).toMatchObject({ added: [], removed: [] })
  })

  it('remembers who said what, and forgets what a source said in former runs', async () => {
    const [id, hash] = [paper('A').id, textHash]
    const said = (source: string, text: string) => ({ source, recordHash: hash(text) })
    await writeAll(store(), [change(paper('A'), vector(), { provenance: [said('x', '1'), said('y', '1')] })])
    const { key } = await stored(store(), id)
    const again = change(paper('A'), null, { key, provenance: [said('x', '2'), said('x', '3')] })
    await store().write({ changes: [again], expectedGeneration: store().generation(), run: 'second' })
    const { provenance } = await stored(store(), id)
    expect(new Set(provenance)).toEqual(new Set([said('x', '2'), said('x', '3'), said('y', '1')]))
  })
}

function lookingUp(store: Current): void {
  it('finds a paper by id, arXiv id and DOI, and says null in place for others', async () => {
    const one = paper('A', { arxivId: '1706.03762', doi: '10.1000/xyz' })
    await writeAll(store(), [change(one, vector())])
    const found = await store().get(['nobody', one.id, 'arxiv:1706.03762v5', 'doi:10.1000/XYZ', ''])
    expect(found.map((each) => each?.paper.id ?? null)).toEqual([null, one.id, one.id, one.id, null])
  })

  it('finds a paper by an id that looks like an arXiv id', async () => {
    await writeAll(store(), [change(paper('A', { id: 'arxiv:1706.03762' }), vector())])
    expect((await stored(store(), 'arxiv:1706.03762')).paper.title).toBe('A')
  })

  it('leaves an alias with the paper that has it', async () => {
    const [first, second] = [paper('Same', { id: 'one' }), paper('Same', { id: 'two' })]
    await writeAll(store(), [change(first, vector()), change(second, vector())])
    expect((await store().findByAlias(['id:none', titleAlias('same')]))?.paper.id).toBe('one')
  })

  it('releases the title that a paper had before', async () => {
    const before = paper('Old name')
    await writeAll(store(), [change(before, vector())])
    const { key, ids } = await stored(store(), before.id)
    await writeAll(store(), [change({ ...before, title: 'New name' }, vector(), { key })])
    expect(await store().findByAlias([titleAlias('Old name')])).toBeNull()
    expect((await store().findByAlias([titleAlias('New name')]))?.key).toBe(key)
    expect(ids).toEqual([before.id])
  })

  it('gives papers by key in the order asked for', async () => {
    await writeAll(store(), [change(paper('A'), vector()), change(paper('B'), vector())])
    const [a, b] = await Promise.all(['A', 'B'].map((title) => stored(store(), paper(title).id)))
    const keys = [b?.key ?? 0, 999, a?.key ?? 0]
    expect((await store().byKeys(keys)).map(({ paper }) => paper.title)).toEqual(['B', 'A'])
  })
}

function citing(store: Current): void {
  const by = (id: string, author: string, over: Partial<Paper> = {}) =>
    paper(`Of ${id}`, { id, authors: [author], year: 2020, ...over })
  const keyOf = async (id: string) => {
    const { key } = await stored(store(), id)
    return (await store().citationKeys([key])).get(key)
  }
  const idsOf = async (...keys: string[]) =>
    (await store().findByCitationKeys(keys)).map((found) => found?.paper.id ?? null)

  it('gives papers of one author and year keys in the order in which they came', async () => {
    const papers = ['a', 'b', 'c'].map((id) => by(id, 'Mei Wang'))
    await writeAll(
      store(),
      papers.map((each) => change(each, vector())),
    )
    expect(await Promise.all(['a', 'b', 'c'].map(keyOf))).toEqual(['wang2020', 'wang2020b', 'wang2020c'])
    expect(await idsOf('wang2020c', 'nobody1999', 'WANG2020', '')).toEqual(['c', null, 'a', null])
    expect((await store().citationKeys([999])).size).toBe(0)
  })

  it('never gives a key to another paper, and gives it back to its own', async () => {
    await writeAll(store(), [change(by('a', 'Mei Wang'), vector())])
    await store().remove('a')
    await writeAll(store(), [change(by('b', 'Li Wang'), vector())])
    expect(await keyOf('b')).toBe('wang2020b')
    expect(await idsOf('wang2020')).toEqual([null])
    await writeAll(store(), [change(by('a', 'Mei Wang'), vector())])
    expect(await keyOf('a')).toBe('wang2020')
  })

  it('still knows the key that a paper had before its author or year was corrected', async () => {
    await writeAll(store(), [change(by('a', 'Mei Wang', { year: null }), vector())])
    const { key, paper: before } = await stored(store(), 'a')
    await writeAll(store(), [change({ ...before, year: 2021 }, null, { key })])
    expect(await keyOf('a')).toBe('wang2021')
    expect(await idsOf('wang-nd', 'wang2021')).toEqual(['a', 'a'])
  })

  it('seals a text always alike, and another database otherwise', async () => {
    expect(store().seal('x')).toMatch(/^[0-9a-f]{64}$/)
    expect(store().seal('x')).toBe(store().seal('x'))
    expect(store().seal('y')).not.toBe(store().seal('x'))
  })

  it('finds papers that hold a phrase, those with most of them first', async () => {
    const texts = ['the river runs under old stone bridges', 'stone bridges old, the river', 'nothing of it']
    await writeAll(
      store(),
      texts.map((abstract, at) => change(paper(`T${at}`, { id: `p${at}`, abstract }), vector())),
    )
    const held = async (...phrases: string[]) =>
      (await store().byKeys(await store().holding(phrases, 10))).map((found) => found.paper.id)
    expect(await held('under old stone', 'stone bridges')).toEqual(['p0', 'p1'])
    expect(await held('old stone bridges')).toEqual(['p0'])
    expect(await held('"', 'stone river')).toEqual([])
    expect(await held()).toEqual([])
  })
}

function removing(store: Current): void {
  it('forgets a removed paper everywhere', async () => {
    const gone = paper('Gone', { abstract: 'quokka', arxivId: '1706.03762' })
    await writeAll(store(), [change(gone, vector()), change(paper('Stays'), vector())])
    const before = store().generation()
    expect(await store().remove('arxiv:1706.03762')).toBe(true)
    expect(await store().get([gone.id, 'arxiv:1706.03762'])).toEqual([null, null])
    expect(await store().findByAlias([titleAlias('Gone')])).toBeNull()
    expect((await store().list({ limit: 10, sort: 'title' })).data.map(({ title }) => title)).toEqual(['Stays'])
    expect(await store().lexical(['quokka'], 10)).toMatchObject({ matches: [], total: 0 })
    expect(store().changesAfter(before).removed).toHaveLength(1)
    expect([...store().allVectors().vectors]).toHaveLength(1)
  })

  it('says so where there is no such paper, and counts no generation', async () => {
    expect(await store().remove('nobody')).toBe(false)
    expect(store().generation()).toBe(0)
  })

  it('never gives a key or a label again', async () => {
    const numbers = async () => {
      await writeAll(store(), [change(paper('A'), vector())])
      const [vectors] = store().allVectors().vectors
      return [(await stored(store(), paper('A').id)).key, vectors?.label]
    }
    const first = await numbers()
    await store().remove(paper('A').id)
    const second = await numbers()
    expect(second[0]).toBeGreaterThan(first[0] ?? 0)
    expect(second[1]).toBeGreaterThan(first[1] ?? 0)
  })
}

const SORTS: readonly SortKey[] = ['addedAt', 'publishedAt', 'title']

async function pages(store: PaperStore, sort: SortKey, between: () => Promise<unknown> = async () => undefined) {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.list({ limit: 7, sort, cursor })
    ids.push(...page.data.map(({ id }) => id))
    cursor = page.nextCursor ?? undefined
    await between()
  } while (cursor !== undefined)
  return ids
}

function listing(store: Current): void {
  const dates = [null, '2020-01-02', '2021-03-04', '1999-12-31']
  const fill = async (count: number) => {
    const papers = Array.from({ length: count }, (_, n) =>
      paper(n % 3 === 0 ? 'same title' : `Title ${n % 10}`, {
        id: `p${n}`,
        publishedAt: dates[n % 4] ?? null,
        addedAt: `2024-01-0${1 + (n % 5)}T00:00:00.000Z`,
      }),
    )
    await writeAll(
      store(),
      papers.map((each) => change(each, vector())),
    )
    return papers.map(({ id }) => id)
  }

  it.each(SORTS)('lists every paper once by %s', async (sort) => {
    const all = await fill(40)
    const listed = await pages(store(), sort)
    expect(listed).toHaveLength(all.length)
    expect(new Set(listed)).toEqual(new Set(all))
  })

  it.each(SORTS)('hides and repeats nothing by %s while others come and go', async (sort) => {
    const all = await fill(40)
    let turn = 0
    const listed = await pages(store(), sort, async () => {
      turn += 1
      await writeAll(store(), [
        change(paper(`Title ${turn}`, { id: `new${turn}`, publishedAt: '2020-06-01' }), vector()),
      ])
      await store().remove(`p${turn * 5}`)
    })
    const stayed = await store().get(all)
    for (const each of stayed) if (each) expect(listed).toContain(each.paper.id)
    expect(new Set(listed).size).toBe(listed.length)
  })

  it('sorts newest first, titles from A, and papers without a date last', async () => {
    await fill(12)
    const byDate = (await store().list({ limit: 50, sort: 'publishedAt' })).data.map(({ publishedAt }) => publishedAt)
    expect(byDate).toEqual(['2021-03-04', '2020-01-02', '1999-12-31', null].flatMap((date) => [date, date, date]))
    const titles = (await store().list({ limit: 50, sort: 'title' })).data.map(({ title }) => title.toLowerCase())
    expect(titles).toEqual([...titles].sort())
    const added = (await store().list({ limit: 50, sort: 'addedAt' })).data.map(({ addedAt }) => addedAt)
    expect(added).toEqual([...added].sort().reverse())
  })

  it('says how many there are, and ends with no cursor', async () => {
    await fill(7)
    expect(await store().list({ limit: 7, sort: 'title' })).toMatchObject({ total: 7, nextCursor: null })
  })

  it('refuses a cursor that is not of this listing', async () => {
    await fill(10)
    const { nextCursor } = await store().list({ limit: 3, sort: 'title' })
    const wrong = { code: 'INVALID_REQUEST', issues: [{ path: 'cursor' }] }
    for (const cursor of ['', 'x', 'e30', Buffer.from('{"sort":"title"').toString('base64url')]) {
      await expect(store().list({ limit: 3, sort: 'title', cursor })).rejects.toMatchObject(wrong)
    }
    const other = store().list({ limit: 3, sort: 'addedAt', cursor: nextCursor ?? '' })
    await expect(other).rejects.toMatchObject(wrong)
  })
}

function searching(store: Current): void {
  const titles = async (...terms: string[]) => {
    const { matches, total } = await store().lexical(terms, 10)
    expect(total).toBeGreaterThanOrEqual(matches.length)
    return (await store().byKeys(matches.map(({ key }) => key))).map(({ paper }) => paper.title)
  }

  it('finds words by their stem and without their accents', async () => {
    await writeAll(store(), [change(paper('Running Élèves', { abstract: 'Naïve networks.' }), vector())])
    for (const term of ['run', 'runs', 'eleve', 'ÉLÈVES', 'naive', 'network']) {
      expect(await titles(term)).toEqual(['Running Élèves'])
    }
    expect(await titles('jogging')).toEqual([])
  })

  it('weighs the title above the abstract', async () => {
    const filler = 'plain words that fill the text up to an ordinary length '
    await writeAll(store(), [
      change(paper('Unrelated heading', { abstract: `${filler} quokka ${filler}` }), vector()),
      change(paper('Quokka heading', { abstract: `${filler} nothing ${filler}` }), vector()),
    ])
    expect(await titles('quokka')).toEqual(['Quokka heading', 'Unrelated heading'])
  })

  it('takes any of the terms, and gives the best match first', async () => {
    await writeAll(store(), [
      change(paper('Alpha'), vector()),
      change(paper('Alpha beta'), vector()),
      change(paper('Gamma'), vector()),
    ])
    const { matches, total } = await store().lexical(['alpha', 'beta'], 1)
    expect(total).toBe(2)
    expect(await titles('alpha', 'beta')).toEqual(['Alpha beta', 'Alpha'])
    expect(matches[0]?.bm25).toBeGreaterThan(0)
  })

  it('counts the papers that hold a term without listing any', async () => {
    await writeAll(store(), [
      change(paper('Tidal river'), vector()),
      change(paper('River delta', { abstract: 'Rivers meet.' }), vector()),
    ])
    expect(await store().lexical(['rivers'], 0)).toEqual({ matches: [], total: 2, corrections: [] })
  })

  it('counts the papers of each term as it is written, corrected or not', async () => {
    await writeAll(store(), [
      change(paper('Tidal river'), vector()),
      change(paper('River delta', { abstract: 'Rivers meet.' }), vector()),
    ])
    expect((await store().lexical(['rivvers'], 0)).total).toBe(2)
    expect(await store().frequencies(['rivers', 'rivvers', 'tidal', '', 'rivers'])).toEqual([2, 0, 1, 0, 2])
  })

  it('names the terms that stand in a paper', async () => {
    await writeAll(store(), [change(paper('Running water'), vector())])
    const { key } = await stored(store(), paper('Running water').id)
    expect(await store().termsIn(key, ['runs', 'fire', 'water'])).toEqual(['runs', 'water'])
  })

  it('sees the new text of a changed paper, and the old no more', async () => {
    const before = paper('A', { abstract: 'quokka' })
    await writeAll(store(), [change(before, vector())])
    const { key } = await stored(store(), before.id)
    await writeAll(store(), [change({ ...before, abstract: 'wombat' }, vector(), { key })])
    expect([await titles('quokka'), await titles('wombat')]).toEqual([[], ['A']])
  })
}

function followingVectors(store: Current): void {
  it('tells what was added and removed since a generation', async () => {
    await writeAll(store(), [change(paper('A'), vector()), change(paper('B'), vector())])
    const first = store().allVectors()
    const [a] = [...first.vectors]
    const { key } = await stored(store(), paper('A').id)
    const values = vector()
    await writeAll(store(), [change(paper('A', { abstract: 'x' }), values, { key })])
    const changes = store().changesAfter(first.generation)
    expect(changes).toMatchObject({
      generation: 2,
      complete: true,
      removed: [a?.label],
      added: [{ key, vector: values }],
    })
    expect(changes.added[0]?.label).toBeGreaterThan(a?.label ?? 0)
    expect(store().changesAfter(2)).toMatchObject({ complete: true, added: [], removed: [] })
  })

  it('names the papers that were written or removed since a generation, and none where it does not know', async () => {
    await writeAll(store(), [change(paper('Kites'), vector()), change(paper('Tides'), vector())])
    const [kites, tides] = [await stored(store(), paper('Kites').id), await stored(store(), paper('Tides').id)]
    const before = store().generation()
    expect(store().papersChangedAfter(before)).toEqual([])
    await writeAll(store(), [change(paper('Kites', { venue: 'Aloft' }), null, { key: kites.key })])
    expect(store().papersChangedAfter(before)).toEqual([kites.key])
    await store().remove(tides.paper.id)
    expect(store().papersChangedAfter(before)).toEqual([kites.key, tides.key])
    expect([store().papersChangedAfter(before + 100), store().papersChangedAfter(Number.NaN)]).toEqual([null, null])
  })

  it('does not list a vector that came and went', async () => {
    await writeAll(store(), [change(paper('A'), vector())])
    await store().remove(paper('A').id)
    expect(store().changesAfter(0).added).toEqual([])
  })

  it('refuses to continue from a generation that it has not reached', () => {
    expect(store().changesAfter(5)).toMatchObject({ complete: false, generation: 0 })
  })

  it('lists all vectors by label', async () => {
    await writeAll(
      store(),
      Array.from({ length: 20 }, (_, n) => change(paper(`P ${n}`), vector())),
    )
    const { count, vectors } = store().allVectors()
    const labels = [...vectors].map(({ label }) => label)
    expect(count).toBe(20)
    expect(labels).toEqual([...labels].sort((one, other) => one - other))
  })
}

function filling(store: Current): void {
  it('adds no vector for a text that has changed meanwhile, and none twice', async () => {
    await writeAll(store(), [change(paper('A'), vector())])
    const { key, textHash } = await stored(store(), paper('A').id)
    await store().addVectors([
      { key, textHash: 'of another text', vector: vector() },
      { key, textHash, vector: vector() },
    ])
    expect(await store().stats()).toMatchObject({ papers: 1, vectors: 1, missing: 0 })
    expect(await store().missingVectors(10)).toEqual([])
  })

  it('counts papers by source', async () => {
    await writeAll(store(), [
      change(paper('A', { sources: ['x.csv', 'y.bib'] }), vector()),
      change(paper('B', { sources: ['y.bib'] }), vector()),
    ])
    const { sources } = await store().stats()
    expect(sources).toEqual([
      { source: 'x.csv', papers: 1 },
      { source: 'y.bib', papers: 2 },
    ])
  })
}
