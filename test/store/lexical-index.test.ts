import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { PaperStore, Selection } from '../../src/domain/ports.ts'
import { queryTerms } from '../../src/domain/terms.ts'
import { createGenerations } from '../../src/store/generation.ts'
import { createLexicalIndex } from '../../src/store/lexical-index.ts'
import { openDatabase } from '../../src/store/open.ts'
import { openPaperStore } from '../../src/store/papers.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { change, paper, stored, writeAll } from '../support/changes.ts'
import { openStore, SPACE } from '../support/library.ts'
import { createRandom, pick, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(29)
const vector = () => randomVector(random, SPACE.dimension)
const chance = (share: number) => random() < share
const below = (limit: number) => Math.floor(random() * limit)

/** Words of one stem, accents, figures, letters without spaces, and one that stands in nearly every text. */
const WORDS = `tide tides tidal gauge gauges gauging glacier glaciers ice storm storms stormy model models modelling
  naïve naive café 3d 2021 pre-train pretrain kelp otter otters lantern lanterns fog 潮汐 冰川 ﬁsh ﬁshing rare
  the the the`.split(/\s+/)

const text = (longest: number) => Array.from({ length: below(longest) }, () => pick(random, WORDS)).join(' ')
let made = 0
const anyPaper = () => paper(`${text(6)} ${++made}`, { id: `p${made}`, abstract: text(60) })

/** The same with no help but FTS5's. */
function reference(store: PaperStore, dir: string) {
  const db = new Sqlite(join(dir, 'papers.db'), { readonly: true })
  onTestFinished(() => void db.close())
  const find = db.prepare<[string], { key: number; bm25: number }>(
    'SELECT rowid AS key, -rank AS bm25 FROM papers_text WHERE papers_text MATCH ? ORDER BY rank, rowid',
  )
  return (terms: readonly string[], limit: number, within?: Selection) => {
    const all = find.all(terms.map((term) => `"${term}"`).join(' OR ')).filter(({ key }) => within?.has(key) ?? true)
    return { matches: all.slice(0, limit), total: all.length, generation: store.generation() }
  }
}

/** A store, and the index of a second connection, to which the store's writes are those of another process. */
function opened(from = 0) {
  const dir = tempDir()
  const store = openStore(dir)
  const db = openDatabase({ dir })
  const index = createLexicalIndex(db, { generations: createGenerations(db), from })
  onTestFinished(async () => {
    await index.close()
    db.close()
  })
  const current = () => vi.waitUntil(() => index.current(), { timeout: 20_000, interval: 1 })
  return { dir, store, index, current, fts: reference(store, dir) }
}

type Opened = ReturnType<typeof opened>

async function writeSome({ store }: Opened, known: string[]): Promise<void> {
  const fresh = Array.from({ length: chance(0.2) ? 40 : 1 + below(4) }, anyPaper)
  const changed = [...new Set(Array.from({ length: below(4) }, () => pick(random, known)))]
  const olds = await Promise.all(changed.map((id) => stored(store, id)))
  const updates = olds.map(({ key, paper: old }) =>
    // Without a new vector the vectors' journal does not tell of it.
    change({ ...old, abstract: text(60) }, chance(0.5) ? vector() : null, { key }),
  )
  await writeAll(store, [...fresh.map((each) => change(each, vector())), ...updates])
  known.push(...fresh.map(({ id }) => id))
  if (chance(0.4)) await store.remove(known.splice(below(known.length), 1)[0] ?? '')
}

const question = () =>
  queryTerms(Array.from({ length: 1 + below(6) }, () => pick(random, [...WORDS, 'absent'])).join(' '))

async function compare({ current, fts, store }: Opened): Promise<void> {
  const postings = await current()
  const evenYear = await store.matching({ field: 'id', in: ['p2', 'p4', 'p8', 'p16', 'p20', 'p31', 'p40', 'p41'] })
  for (let round = 0; round < 12; round += 1) {
    const terms = question()
    const limit = pick(random, [0, 1, 3, 10, 1_000])
    const within = chance(0.3) ? evenYear : undefined
    const expected = fts(terms, limit, within)
    const best = postings.best(terms, limit, within)
    // Phrases are left to FTS5.
    if (!best) continue
    expect({ terms, keys: best.matches.map(({ key }) => key), total: best.total }).toEqual({
      terms,
      keys: expected.matches.map(({ key }) => key),
      total: expected.total,
    })
    for (const [at, { bm25 }] of best.matches.entries()) {
      const relative = bm25 / (expected.matches[at]?.bm25 ?? 0) - 1
      expect(Math.abs(relative)).toBeLessThan(1e-9)
    }
  }
}

const papers = (count: number) => Array.from({ length: count }, () => change(anyPaper(), vector()))

describe('the text index in memory', () => {
  it('finds what FTS5 finds, with its BM25, through random writes, updates and removals', async () => {
    const library = opened()
    const known: string[] = []
    await writeAll(library.store, [change(paper('tide', { id: 'p0' }), vector())])
    known.push('p0')
    for (let round = 0; round < 60; round += 1) {
      await writeSome(library, known)
      await compare(library)
    }
  })

  it('is read anew after a write of more papers than it held', async () => {
    const library = opened()
    await writeAll(library.store, papers(5))
    await compare(library)
    await writeAll(library.store, papers(1_200))
    expect(library.index.current()).toBeNull()
    await compare(library)
  })

  it('is read anew where a paper is indexed by another text than its own', async () => {
    const library = opened()
    await writeAll(library.store, papers(5))
    await compare(library)
    const searchText = { title: 'tide gauge', abstract: 'storm storm otter' }
    await writeAll(library.store, [change(paper('Another text'), vector(), { searchText })])
    await compare(library)
    expect((await library.current()).best(['otter'], 1_000)?.total).toBe(library.fts(['otter'], 0).total)
  })

  it('knows nothing of phrases, and counts a word without letters as none', async () => {
    const library = opened()
    await writeAll(library.store, [change(paper('潮汐 tide'), vector())])
    const postings = await library.current()
    expect(postings.best(['tide', '潮汐'], 10)).toBeNull()
    expect(postings.frequencyOf('潮汐')).toBeNull()
    expect(postings.frequenciesOf(['tide', '潮汐', 'ebb', '\u0301'])).toEqual([1, null, 0, 0])
    expect(postings.best(['\u0301', 'tide'], 10)).toMatchObject({ total: 1 })
    expect(postings.frequencyOf('\u0301')).toBe(0)
  })

  it('is not of an older generation for a moment, whoever writes', async () => {
    const library = opened()
    await writeAll(library.store, papers(3))
    await library.current()
    const otter = change(paper('Otter otter', { id: 'otter' }), vector())
    await writeAll(library.store, [otter])
    expect(library.index.current()?.best(['otter'], 1)?.matches[0]?.key).toBe(
      (await stored(library.store, 'otter')).key,
    )
    await library.store.remove('otter')
    const { key } = library.index.current()?.best(['otter'], 1)?.matches[0] ?? {}
    expect(await library.store.byKeys([key ?? -1])).not.toMatchObject([{ paper: { id: 'otter' } }])
  })

  it('takes a number of papers', async () => {
    const library = opened(4)
    await writeAll(library.store, papers(3))
    expect(library.index.current()).toBeNull()
    await library.index.close()
    const larger = opened(4)
    await writeAll(larger.store, papers(4))
    expect((await larger.current()).frequencyOf('absent')).toBe(0)
  })

  it('ends its thread when it is closed meanwhile, and stays away', async () => {
    const { index, store } = opened()
    await writeAll(store, papers(200))
    expect(index.current()).toBeNull()
    await index.close()
    expect(index.current()).toBeNull()
  })
})

describe('a store with its text index in memory', () => {
  it('gives the answers of one without, corrections included', async () => {
    const dir = tempDir()
    const store = openPaperStore({ dir, lexicalFrom: 0 }, SPACE)
    onTestFinished(() => store.close())
    await writeAll(store, papers(30))
    const plain = openPaperStore({ dir, readOnly: true }, SPACE)
    onTestFinished(() => plain.close())
    for (let round = 0; round < 80; round += 1) {
      if (chance(0.1)) await writeAll(store, papers(1 + below(30)))
      const terms = [...question(), ...(chance(0.3) ? ['glacirs', 'lanterms'] : [])]
      const [answer, expected] = await Promise.all([store.lexical(terms, 20), plain.lexical(terms, 20)])
      expect(answer.matches.map(({ key }) => key)).toEqual(expected.matches.map(({ key }) => key))
      expect([answer.total, answer.corrections]).toEqual([expected.total, expected.corrections])
      expect(await store.frequencies(terms)).toEqual(await plain.frequencies(terms))
      await new Promise(setImmediate)
    }
  })
})
