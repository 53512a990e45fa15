import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import { queryTerms } from '../../src/domain/terms.ts'
import { openPaperStore } from '../../src/store/papers.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { paperStoreContract } from '../contract/paper-store.ts'
import { addVectors, change, paper, stored, writeAll } from '../support/changes.ts'
import { openStore, SPACE } from '../support/library.ts'
import { createRandom, pick, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

paperStoreContract('The SQLite store', openStore)
paperStoreContract('The SQLite store with a thread that writes', (dir, space) => openStore(dir, space, { aside: true }))

const random = createRandom(11)
const vector = () => randomVector(random, SPACE.dimension)

/** The database itself, for states that no call of the port brings about. */
function tamper(dir: string, work: (db: Database) => void): void {
  const db = new Sqlite(join(dir, 'papers.db'))
  work(db)
  db.close()
}

describe('papers in memory', () => {
  const written = async (dir: string) => {
    const store = openStore(dir)
    const papers = Array.from({ length: 300 }, (_, at) => change(paper(`Paper ${at}`), vector()))
    await writeAll(store, papers)
    return { store, keys: (await store.byKeys(Array.from({ length: 300 }, (_, at) => at + 1))).map(({ key }) => key) }
  }

  it('are read ahead, as many as there is room for', async () => {
    const dir = tempDir()
    await (await written(dir)).store.close()
    // Without their rows only what is in memory is left; no write tells of it.
    const left = async (budget: number, signal = new AbortController().signal) => {
      const store = openStore(dir, SPACE, { paperCacheBytes: budget })
      await store.readAhead(signal)
      return store
    }
    const some = await left(100_000)
    const all = await left(10_000_000)
    const none = await left(0)
    const late = await left(10_000_000, AbortSignal.abort())
    tamper(dir, (db) => {
      db.pragma('foreign_keys = OFF')
      db.exec('DELETE FROM papers')
    })
    const count = (store: typeof all) =>
      Array.from({ length: 300 }, (_, at) => store.byKeyAtOnce(at + 1)).filter((each) => each !== null).length
    expect([count(all), count(none), count(late)]).toEqual([300, 0, 0])
    expect(count(some)).toBeGreaterThan(20)
    expect(count(some)).toBeLessThan(100)
  })

  it('stay there when others are written, and are read anew when they are, also by another handle', async () => {
    const dir = tempDir()
    const { store, keys } = await written(dir)
    const before = keys.map(store.byKeyAtOnce)
    const other = openStore(dir)
    const [first, second] = [await stored(other, paper('Paper 0').id), await stored(other, paper('Paper 1').id)]
    await writeAll(other, [change(paper('Paper 0', { venue: 'Aloft' }), null, { key: first.key })])
    await other.remove(second.paper.id)
    await nextTurn()
    const after = keys.map(store.byKeyAtOnce)
    expect([after[0]?.paper.venue, after[1]]).toEqual(['Aloft', null])
    expect(after.slice(2).every((each, at) => each === before[at + 2])).toBe(true)
  })

  it('are those that the promises give', async () => {
    const { store, keys } = await written(tempDir())
    for (const key of keys) {
      const [found] = await store.byKeys([key])
      expect(store.byKeyAtOnce(key)).toBe(found)
      expect(store.getAtOnce(found?.paper.id ?? '')).toBe(found)
    }
    expect([store.byKeyAtOnce(9_999), store.getAtOnce('nobody')]).toEqual([null, null])
  })
})

describe('any text as a search', () => {
  const PIECES = [
    '"',
    "'",
    '*',
    '^',
    ':',
    '(',
    ')',
    '-',
    '+',
    '\u0000',
    ' ',
    'AND',
    'OR',
    'NOT',
    'NEAR(',
    'title:',
    'a b',
  ]
  const ODD = [
    '🚀',
    '\ud800',
    '\udfff',
    '深層学習',
    'é',
    '‮',
    '%',
    ';--',
    '\\',
    '\n',
    '{',
    '}',
    'quokka',
    'x'.repeat(300),
  ]

  it('is safe as a term and as a question, 500 seeded ones', async () => {
    const store = openStore(tempDir())
    await writeAll(store, [change(paper('Quokka 深層学習 AND NOT'), vector())])
    const draw = createRandom(500)
    const texts = Array.from({ length: 500 }, () =>
      Array.from({ length: 1 + Math.floor(draw() * 8) }, () => pick(draw, [...PIECES, ...ODD])).join(
        pick(draw, ['', ' ']),
      ),
    )
    for (const text of texts) {
      const asTerm = await store.lexical([text], 5)
      expect(asTerm.total).toBeLessThanOrEqual(1)
      expect((await store.lexical(queryTerms(text), 5)).total).toBeLessThanOrEqual(1)
    }
  })

  it('finds words beside operators and quotes', async () => {
    const store = openStore(tempDir())
    await writeAll(store, [change(paper('Quokka nap'), vector())])
    for (const text of ['NOT "quokka"', 'quokka*', '-quokka', 'title:quokka', 'quokka\u0000nap', '(quokka']) {
      expect((await store.lexical(queryTerms(text), 5)).total).toBe(1)
    }
  })

  it('finds a title in another script', async () => {
    const store = openStore(tempDir())
    await writeAll(store, [change(paper('深層学習 入門'), vector()), change(paper('Глубокие реки'), vector())])
    expect((await store.lexical(queryTerms('入門'), 5)).total).toBe(1)
    expect((await store.lexical(queryTerms('РЕКИ'), 5)).total).toBe(1)
  })
})

describe('the journal', () => {
  const LONG = 20_000

  it('says where it no longer reaches back', async () => {
    const dir = tempDir()
    const store = openStore(dir)
    await addVectors(store, [vector()])
    tamper(dir, (db) => db.exec(`UPDATE meta SET value = value + ${LONG} WHERE name = 'generation'`))
    await nextTurn()
    expect(store.changesAfter(0)).toMatchObject({ complete: false, generation: LONG + 1 })
    await addVectors(store, [vector()], 'q')
    expect(store.changesAfter(LONG + 1)).toMatchObject({ complete: true, added: [{}] })
  })

  it('is bounded', async () => {
    const dir = tempDir()
    const store = openStore(dir)
    await addVectors(store, [vector(), vector()])
    tamper(dir, (db) => db.exec(`UPDATE meta SET value = value + ${LONG} WHERE name = 'generation'`))
    await nextTurn()
    await addVectors(store, [vector()], 'q')
    tamper(dir, (db) => expect(db.prepare('SELECT count(*) FROM journal').pluck().get()).toBe(1))
  })
})

describe('another fingerprint', () => {
  const OTHER = { fingerprint: 'other@1', dimension: 16 }
  const other = () => randomVector(random, 16)

  async function twoModels() {
    const dir = tempDir()
    const former = openStore(dir)
    await addVectors(former, [vector(), vector(), vector()])
    return { dir, former, store: openStore(dir, OTHER) }
  }

  it('does not see the vectors of the former one', async () => {
    const { store } = await twoModels()
    expect(await store.stats()).toMatchObject({ papers: 3, vectors: 0, missing: 3 })
    expect([...store.allVectors().vectors]).toEqual([])
    expect(store.changesAfter(0).added).toEqual([])
    for await (const found of store.everything()) expect(found).toBeUndefined()
    expect(await store.missingVectors(2)).toHaveLength(2)
  })

  it('gets its own beside them, until the foreign ones are dropped', async () => {
    const { former, store } = await twoModels()
    const missing = await store.missingVectors(10)
    await store.addVectors(missing.map(({ key, textHash }) => ({ key, textHash, vector: other() })))
    expect((await store.stats()).missing).toBe(0)
    expect((await former.stats()).vectors).toBe(3)
    await store.dropForeignVectors()
    expect((await former.stats()).vectors).toBe(0)
    expect((await store.stats()).vectors).toBe(3)
  })

  it('loses the vectors of every model when a text changes', async () => {
    const { former, store } = await twoModels()
    const { key, paper } = await stored(store, 'p0')
    await writeAll(store, [change({ ...paper, abstract: 'New.' }, other(), { key })])
    expect(await former.stats()).toMatchObject({ vectors: 2, missing: 1 })
  })
})

describe('opening', () => {
  it('keeps what was acknowledged, and the identity of the database', async () => {
    const dir = tempDir()
    const first = openPaperStore({ dir }, SPACE)
    await addVectors(first, [vector()])
    const { databaseId } = first
    await first.close()
    const second = openStore(dir)
    expect(second.databaseId).toBe(databaseId)
    expect(databaseId).toMatch(/^[0-9a-f]{32}$/)
    expect((await second.stats()).papers).toBe(1)
    expect(openStore(tempDir()).databaseId).not.toBe(databaseId)
  })

  it('lets readers go on while a writer writes (WAL)', () => {
    const dir = tempDir()
    openStore(dir)
    tamper(dir, (db) => expect(db.pragma('journal_mode', { simple: true })).toBe('wal'))
  })

  it('refuses a database of a newer Kindred and leaves it alone', async () => {
    const dir = tempDir()
    await openPaperStore({ dir }, SPACE).close()
    tamper(dir, (db) => db.pragma('user_version = 99'))
    expect(() => openStore(dir)).toThrow(expect.objectContaining({ code: 'STORE_NEWER' }))
    tamper(dir, (db) => expect(db.pragma('user_version', { simple: true })).toBe(99))
  })

  it.each([
    [
      'a file of another kind',
      'STORE_CORRUPT',
      (dir: string) => writeFileSync(join(dir, 'papers.db'), 'no database '.repeat(400)),
    ],
    ['a folder in its place', 'STORE_UNREADABLE', (dir: string) => mkdirSync(join(dir, 'papers.db'))],
  ])('refuses %s', (_, code, spoil) => {
    const dir = tempDir()
    spoil(dir)
    expect(() => openStore(dir)).toThrow(expect.objectContaining({ code }))
  })

  it('refuses a folder that cannot be made', () => {
    const file = join(tempDir(), 'file')
    writeFileSync(file, '')
    expect(() => openStore(join(file, 'index'))).toThrow(expect.objectContaining({ code: 'STORE_UNREADABLE' }))
  })
})

describe('readOnly', () => {
  it('makes no folder and no database', () => {
    const dir = join(tempDir(), 'none')
    const open = () => openPaperStore({ dir, readOnly: true }, SPACE)
    expect(open).toThrow(expect.objectContaining({ code: 'STORE_UNREADABLE' }))
    expect(existsSync(dir)).toBe(false)
  })

  it('answers, refuses to write and leaves the file as it is', async () => {
    const dir = tempDir()
    const writer = openPaperStore({ dir }, SPACE)
    await addVectors(writer, [vector()])
    await writer.close()
    const before = readFileSync(join(dir, 'papers.db'))
    const reader = openPaperStore({ dir, readOnly: true }, { ...SPACE, fingerprint: 'unheard-of' })
    expect((await stored(reader, 'p0')).paper.title).toBe('p 0')
    await expect(reader.remove('p0')).rejects.toMatchObject({ code: 'STORE_UNREADABLE' })
    await reader.close()
    expect(readFileSync(join(dir, 'papers.db'))).toEqual(before)
    expect(readdirSync(dir)).toEqual(['papers.db'])
  })
})

describe('two handles on one file', () => {
  it('see each other, and the slower writer is told', async () => {
    const dir = tempDir()
    const [one, other] = [openStore(dir), openStore(dir)]
    const expectedGeneration = other.generation()
    await addVectors(one, [vector()])
    expect((await other.stats()).papers).toBe(1)
    const late = await other.write({ changes: [change(paper('late'), vector())], expectedGeneration, run: 'x' })
    expect(late).toBeNull()
    expect(other.generation()).toBe(one.generation())
  })
})
