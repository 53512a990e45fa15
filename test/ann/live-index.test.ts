import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from 'better-sqlite3'
import { describe, expect, it } from 'vitest'
import type { VectorIndex } from '../../src/domain/vector-index.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
import { vectorIndexContract } from '../contract/vector-index.ts'
import { addVectors } from '../support/changes.ts'
import { DIMENSION, openIndex, openStore } from '../support/library.ts'
import { clusteredVectors, createRandom, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

vectorIndexContract('The live index', openIndex)

// The exact twin that the graph is measured against keeps the same promises.
vectorIndexContract('The exact search of the live index', async (source, dir) => {
  const index = await openIndex(source, dir)
  const search: VectorIndex['search'] = (query) => index.search({ ...query, exact: true })
  return {
    search,
    neighboursAtOnce: () => null,
    neighboursAhead: () => false,
    searchAhead: () => false,
    searchAtOnce: () => null,
    vectorOf: (key) => index.vectorOf(key),
    similarities: (vector, keys) => index.similarities(vector, keys),
    similaritiesAtOnce: (vector, keys) => index.similaritiesAtOnce(vector, keys),
    sync: () => index.sync(),
    snapshot: () => index.snapshot(),
    rebuild: () => index.rebuild(),
    verify: () => index.verify(),
    status: () => index.status(),
    close: () => index.close(),
  }
})

describe('a search that was begun ahead', () => {
  it('finds the same, also after what is written in between', async () => {
    const { dir, store, keys, vectors } = await filled(400)
    const index = await openIndex(store, dir)
    const find = (at: number) => [
      index.neighboursAtOnce(keys[at] as number, 10),
      index.searchAtOnce({ vector: first(vectors.slice(at)), limit: 64, leastEf: 80 }),
      index.searchAtOnce({ vector: first(vectors.slice(at)), limit: 5 }),
    ]
    const begin = (at: number) => {
      index.neighboursAhead(keys[at] as number, 10)
      index.searchAhead({ vector: first(vectors.slice(at)), limit: 64, leastEf: 80 })
      index.searchAhead({ vector: first(vectors.slice(at)), limit: 5 })
    }
    begin(0)
    expect(find(0)[0]).toBeNull()
    index.neighboursAhead(-1, 10)
    await index.rebuild()
    for (const at of keys.keys()) {
      const alone = find(at)
      begin(at)
      expect(find(at)).toEqual(alone)
    }
    begin(0)
    const [twin] = await addVectors(store, [first(vectors)], 'twin')
    await index.sync()
    expect(find(0)[0]?.neighbours[0]?.key).toBe(twin)
  })
})

describe('the neighbours of a stored paper', () => {
  it('come at once where one search of the graph finds enough, else not', async () => {
    const { dir, store, keys } = await filled(200)
    const index = await openIndex(store, dir)
    const [key] = keys
    if (key === undefined) throw new Error('no paper')
    expect(index.neighboursAtOnce(key, 10)).toBeNull()
    await index.rebuild()
    expect(index.neighboursAtOnce(key, 10)?.neighbours).toHaveLength(10)
    expect(index.neighboursAtOnce(key, 200)).toBeNull()
    await addVectors(store, some(1), 'later')
    expect(index.neighboursAtOnce(key, 10)).toBeNull()
  })
})

const random = createRandom(17)
const some = (count: number) => clusteredVectors(random, { count, dimension: DIMENSION, clusters: 20 })
const first = <T>(list: readonly T[]): T => list[0] as T

async function filled(count: number) {
  const dir = tempDir()
  const store = openStore(dir)
  const vectors = some(count)
  return { dir, store, vectors, keys: await addVectors(store, vectors) }
}

/** The database itself, for states that no call of the port brings about. */
function tamper(dir: string, work: (db: Database) => void): void {
  const db = new Sqlite(join(dir, 'papers.db'))
  work(db)
  db.close()
}

/** Share of the exact ten nearest that the graph finds. */
async function recall(index: VectorIndex, queries: readonly Float32Array[]): Promise<number> {
  let found = 0
  for (const vector of queries) {
    const near = await index.search({ vector, limit: 10 })
    const exact = await index.search({ vector, limit: 10, exact: true })
    expect([near.plan, exact.plan]).toEqual(['ann', 'exact'])
    const keys = new Set(near.neighbours.map(({ key }) => key))
    found += exact.neighbours.filter(({ key }) => keys.has(key)).length
  }
  return found / (10 * queries.length)
}

describe('the graph', () => {
  it('finds at least 99 % of the exact ten nearest of 2,000, equally after a restart', async () => {
    const dir = tempDir()
    const store = openStore(dir)
    const all = clusteredVectors(createRandom(2_000), { count: 2_200, dimension: DIMENSION, clusters: 20 })
    const queries = all.slice(2_000)
    await addVectors(store, all.slice(0, 2_000))
    const index = await openIndex(store, dir)
    await index.rebuild()
    const before = await recall(index, queries)
    expect(before).toBeGreaterThanOrEqual(0.99)
    await index.close()
    const again = await openIndex(store, dir)
    expect(await recall(again, queries)).toBe(before)
    expect(again.rebuilds).toEqual([])
    expect((await again.verify()).recallAt10).toBeGreaterThanOrEqual(0.99)
  })

  it('gives a similarity that does not depend on who found it', async () => {
    const { dir, store } = await filled(300)
    const index = await openIndex(store, dir)
    const query = { vector: randomVector(random, DIMENSION), limit: 20 }
    const exact = await index.search({ ...query, limit: 300, exact: true })
    await index.rebuild()
    const near = await index.search(query)
    expect([exact.plan, near.plan]).toEqual(['exact', 'ann'])
    const exactly = new Map(exact.neighbours.map(({ key, similarity }) => [key, similarity]))
    for (const { key, similarity } of near.neighbours) expect(similarity).toBe(exactly.get(key))
  })

  it('answers as well when it has grown paper by paper', async () => {
    const dir = tempDir()
    const store = openStore(dir)
    const index = await openIndex(store, dir)
    for (let batch = 0; batch < 10; batch += 1) {
      await addVectors(store, some(60), `b${batch}-`)
      await index.sync()
    }
    expect(index.status()).toMatchObject({ vectors: 600, engine: 'hnswlib', degraded: [] })
    await index.snapshot()
    expect(index.status().inGraph).toBe(600)
    expect(await recall(index, some(50))).toBeGreaterThanOrEqual(0.99)
  })

  it('fills the limit with 60 % of the vectors deleted, and is built anew', async () => {
    const { dir, store, keys } = await filled(300)
    const index = await openIndex(store, dir)
    await index.rebuild()
    for (let n = 0; n < 180; n += 1) await store.remove(`p${n}`)
    const { neighbours } = await index.search({ vector: randomVector(random, DIMENSION), limit: 120 })
    expect(new Set(neighbours.map(({ key }) => key))).toEqual(new Set(keys.slice(180)))
    await index.snapshot()
    await index.rebuild()
    expect(index.rebuilds).toContain('many papers were deleted')
    expect(await index.verify()).toMatchObject({ ok: true, vectors: 120 })
  })

  it('takes any search width', async () => {
    const { dir, store } = await filled(100)
    const index = await openIndex(store, dir)
    await index.rebuild()
    for (const ef of [1, 10, 1_000]) {
      const answer = await index.search({ vector: randomVector(random, DIMENSION), limit: 10, ef })
      expect(answer.neighbours).toHaveLength(10)
    }
  })
})

describe('a rebuild', () => {
  it('lets every search through while it builds', async () => {
    const { dir, store, vectors, keys } = await filled(1_500)
    const index = await openIndex(store, dir)
    let building = true
    const work = index.rebuild().finally(() => {
      building = false
    })
    let asked = 0
    while (building) {
      const n = asked % vectors.length
      const { neighbours } = await index.search({ vector: vectors[n] as Float32Array, limit: 1 })
      expect(neighbours[0]?.key).toBe(keys[n])
      asked += 1
      await new Promise((resolve) => setImmediate(resolve))
    }
    await work
    expect(asked).toBeGreaterThan(10)
    expect(index.status()).toMatchObject({ engine: 'hnswlib', degraded: [] })
  })

  it('takes in what is written and deleted meanwhile', async () => {
    const { dir, store, keys, vectors } = await filled(400)
    const index = await openIndex(store, dir)
    const work = index.rebuild()
    const [added] = await addVectors(store, [first(some(1))], 'new')
    for (let n = 0; n < 40; n += 1) await store.remove(`p${n}`)
    await index.sync()
    await work
    const all = await index.search({ vector: first(vectors), limit: 1_000 })
    expect(new Set(all.neighbours.map(({ key }) => key))).toEqual(new Set([...keys.slice(40), added]))
    expect(await index.verify()).toMatchObject({ ok: true, vectors: 361 })
  })

  it('waits its turn when several are asked for', async () => {
    const { dir, store, vectors } = await filled(200)
    const index = await openIndex(store, dir)
    const work = Promise.all([index.rebuild(), index.rebuild(), index.rebuild()])
    for (let n = 0; n < 50; n += 1) await store.remove(`p${n}`)
    await addVectors(store, some(50), 'new')
    await work
    expect(await index.verify()).toMatchObject({ ok: true, vectors: 200 })
    const { neighbours } = await index.search({ vector: vectors[99] as Float32Array, limit: 1 })
    expect(neighbours[0]?.similarity).toBeCloseTo(1, 5)
  })

  it('is finished by close', async () => {
    const { dir, store } = await filled(200)
    const index = await openIndex(store, dir)
    expect(index.status()).toMatchObject({ engine: 'exact', degraded: ['graph-rebuilding'] })
    await index.close()
    expect(index.failures).toEqual([])
    expect((await openIndex(store, dir)).rebuilds).toEqual([])
  })

  it('says what went wrong and goes on exactly', async () => {
    const { dir, store } = await filled(20)
    const index = await openIndex(store, dir, {
      dir: join(dir, 'no-such-folder'),
    })
    await expect(index.rebuild()).rejects.toThrow()
    expect(index.failures).toHaveLength(1)
    const { neighbours, plan } = await index.search({ vector: first(some(1)), limit: 10 })
    expect([neighbours.length, plan]).toEqual([10, 'exact'])
    expect(index.status().degraded).toEqual(['graph-missing'])
  })
})

describe('following the store', () => {
  it('reads everything again where the journal no longer reaches back', async () => {
    const { dir, store } = await filled(50)
    const index = await openIndex(store, dir)
    await index.rebuild()
    const saving = index.snapshot()
    tamper(dir, (db) => db.exec("UPDATE meta SET value = value + 20000 WHERE name = 'generation'"))
    await store.remove('p0')
    const [key] = await addVectors(store, [first(some(1))], 'new')
    const { neighbours } = await index.search({ vector: first(some(1)), limit: 100 })
    expect(neighbours).toHaveLength(50)
    expect(neighbours.map((each) => each.key)).toContain(key)
    await saving
    await index.snapshot()
    expect(await index.verify()).toMatchObject({ ok: true, vectors: 50 })
  })

  it('reports a vector that the graph refuses, and answers with the others', async () => {
    const { dir, store, vectors, keys } = await filled(20)
    const index = await openIndex(store, dir)
    await index.rebuild()
    await addVectors(store, some(1), 'new')
    const broken = Buffer.from(new Float32Array(DIMENSION).fill(Number.NaN).buffer)
    tamper(dir, (db) => db.prepare('UPDATE vectors SET vector = ? WHERE label = 21').run(broken))
    const { neighbours } = await index.search({ vector: first(vectors), limit: 20 })
    expect(neighbours[0]?.key).toBe(keys[0])
    expect(neighbours).toHaveLength(20)
    await index.close()
    expect(index.failures.length).toBeGreaterThan(0)
  })

  it('survives writes between a snapshot and its end, and reloads to the same', async () => {
    const { dir, store } = await filled(600)
    const index = await openIndex(store, dir)
    await index.rebuild()
    for (let round = 0; round < 8; round += 1) {
      const saving = index.snapshot()
      await addVectors(store, some(20), `r${round}-`)
      await store.remove(`p${round}`)
      await index.sync()
      await saving
    }
    await index.close()
    const again = await openIndex(store, dir)
    expect(again.rebuilds).toEqual([])
    expect(await again.verify()).toMatchObject({ ok: true, vectors: 600 + 8 * 20 - 8 })
  })

  it('builds anew where the snapshot lacks more than half', async () => {
    const { dir, store } = await filled(10)
    await (await openIndex(store, dir)).close()
    await addVectors(store, some(100), 'new')
    const index = await openIndex(store, dir)
    expect(index.rebuilds).toEqual(['the snapshot is far behind the store'])
    expect(await index.verify()).toMatchObject({ ok: true, vectors: 110 })
  })
})

describe('readOnly', () => {
  it('neither builds nor writes, and answers exactly', async () => {
    const { dir, store, vectors, keys } = await filled(100)
    const index = await openIndex(store, dir, { readOnly: true })
    const { neighbours, plan } = await index.search({ vector: first(vectors), limit: 1 })
    expect([neighbours[0]?.key, plan]).toEqual([keys[0], 'exact'])
    await index.sync()
    await index.snapshot()
    await index.close()
    expect(readdirSync(dir).filter((name) => !name.startsWith('papers.db'))).toEqual([])
    expect(index.rebuilds).toEqual([])
  })

  it('uses a snapshot that is there, and scans what it lacks', async () => {
    const { dir, store } = await filled(200)
    await (await openIndex(store, dir)).close()
    const [added] = some(1)
    const [key] = await addVectors(store, [added as Float32Array], 'new')
    await store.remove('p0')
    const before = readdirSync(dir)
    const index = await openIndex(store, dir, { readOnly: true })
    const answer = await index.search({ vector: added as Float32Array, limit: 1 })
    expect(answer).toMatchObject({ plan: 'ann', neighbours: [{ key }] })
    await index.close()
    expect(readdirSync(dir)).toEqual(before)
    expect(existsSync(join(dir, 'manifest.json'))).toBe(true)
  })
})
