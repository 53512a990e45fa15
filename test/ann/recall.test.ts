import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { recallFigure } from '../../src/ann/recall-figure.ts'
import type { IndexStatus, VectorIndex, VectorQuery } from '../../src/domain/vector-index.ts'
import { addVectors } from '../support/changes.ts'
import { DIMENSION, GRAPH, openIndex, openStore } from '../support/library.ts'
import { clusteredVectors, createRandom, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A graph of few links, in which width matters also for a small collection. */
const POOR = { settings: { dimension: DIMENSION, m: 6, efConstruction: 60 } }
/** Measures at once, without rests. */
const EAGER = { ...POOR, waitMs: 1, auditShare: 1 }
const COUNT = 2_000

async function filled(count = COUNT, settings = POOR.settings) {
  const dir = tempDir()
  const store = openStore(dir)
  const random = createRandom(5)
  // Of no clusters: such neighbours are far, and the hardest to find.
  const vectors = Array.from({ length: count }, () => randomVector(random, DIMENSION))
  const keys = await addVectors(store, vectors)
  await (await openIndex(store, dir, { settings })).close()
  return { dir, store, vectors, keys }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve))
}

type Filled = Awaited<ReturnType<typeof filled>>

/** Asks for the neighbours of papers, one after the other, until it is so. */
async function askUntil(index: VectorIndex, { vectors, keys }: Filled, isSo: (status: IndexStatus) => boolean) {
  for (let at = 0; !isSo(index.status()); at = (at + 1) % vectors.length) {
    const [vector, key] = [vectors[at], keys[at]]
    if (vector && key) await index.search({ vector, kind: 'paper', limit: 10, exclude: [key] })
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const isMeasured = (index: VectorIndex) => () => index.status().kinds.question.recall !== null

/** Share of the exact ten nearest that a paper's neighbours hold. */
async function recallOfPapers(index: VectorIndex, { vectors, keys }: Filled): Promise<number> {
  let found = 0
  for (const [at, vector] of vectors.entries()) {
    const query = { vector, kind: 'paper' as const, limit: 10, exclude: [keys[at] ?? -1] }
    const near = new Set((await index.search(query)).neighbours.map(({ key }) => key))
    found += (await index.search({ ...query, exact: true })).neighbours.filter(({ key }) => near.has(key)).length
  }
  return found / (10 * vectors.length)
}

const remembered = (dir: string) => JSON.parse(readFileSync(join(dir, 'recall.json'), 'utf8'))

/** What an index remembers, with another width for the neighbours of papers. */
function narrow(dir: string, ef: number): void {
  const content = remembered(dir)
  content.kinds.paper.ef = ef
  writeFileSync(join(dir, 'recall.json'), JSON.stringify(content))
}

describe('the figure', () => {
  it('is the mean over queries, within its interval, which more queries make narrower', () => {
    const some = [...Array<number>(19).fill(1), 0.5]
    const few = recallFigure(some, 'queries')
    const many = recallFigure(Array.from({ length: 20 }, () => some).flat(), 'queries')
    expect(few).toMatchObject({ at10: 0.975, sample: 20, of: 'queries' })
    expect(many).toMatchObject({ at10: 0.975, sample: 400 })
    expect(few.low).toBeLessThan(many.low)
    expect(many.low).toBeLessThan(0.975)
    expect(many.high).toBeGreaterThan(0.975)
    expect(few.high).toBeLessThanOrEqual(1)
  })

  it('counts each query once where nothing was missed', () => {
    // Wilson's interval for 100 of 100.
    expect(recallFigure(Array<number>(100).fill(1), 'vectors')).toMatchObject({ at10: 1, low: 0.963, high: 1 })
  })

  it('is less sure where the misses stand together', () => {
    const apart = Array.from({ length: 200 }, (_, at) => (at % 10 === 0 ? 0.9 : 1))
    const together = Array.from({ length: 200 }, (_, at) => (at % 100 === 0 ? 0 : 1))
    expect(recallFigure(apart, 'queries').at10).toBe(recallFigure(together, 'queries').at10)
    expect(recallFigure(apart, 'queries').low).toBeGreaterThan(recallFigure(together, 'queries').low)
  })
})

describe('the search width', () => {
  it('is chosen to hold the target, the same each time, and remembered', async () => {
    const library = await filled()
    const { dir, store } = library
    const index = await openIndex(store, dir, { ...EAGER, ef: 'auto' })
    expect(index.status()).toMatchObject({ ef: 64, recallAt10: null, recall: null, recallTarget: 0.99 })
    await until(() => existsSync(join(dir, 'recall.json')))
    const { kinds, recall, recallAt10, revision } = index.status()
    expect(kinds.paper.recall).toMatchObject({ sample: 200, of: 'vectors' })
    expect(kinds.paper.ef).toBeGreaterThan(32)
    expect(index.widths).toEqual([`paper ${kinds.paper.ef}`, `question ${kinds.question.ef}`])
    // Nobody has asked a question.
    expect([recall, recallAt10]).toEqual([kinds.paper.recall, kinds.paper.recall?.at10])
    expect(await recallOfPapers(index, library)).toBeGreaterThanOrEqual(0.99)
    await index.close()
    const command = await openIndex(store, dir, { ...POOR, ef: 'auto', readOnly: true })
    expect(command.status()).toMatchObject({ kinds, recall, revision })
    await command.close()
    writeFileSync(join(dir, 'recall.json'), '{"format": 1')
    const anew = await openIndex(store, dir, { ...EAGER, ef: 'auto' })
    expect(anew.status().recall).toBeNull()
    await until(isMeasured(anew))
    expect(anew.status()).toMatchObject({ kinds, revision })
  })

  it('is chosen anew for another target, a collection that has grown, and a rebuilt graph', async () => {
    const { dir, store } = await filled(400)
    const first = await openIndex(store, dir, { ...EAGER, ef: 'auto', recallTarget: 0.9 })
    await until(isMeasured(first))
    const lenient = first.status()
    await first.close()
    const index = await openIndex(store, dir, { ...EAGER, ef: 'auto', recallTarget: 0.995 })
    expect(index.status().recall).toBeNull()
    await until(isMeasured(index))
    expect(index.status().ef).toBeGreaterThan(lenient.ef)
    const before = index.status()
    await addVectors(store, clusteredVectors(createRandom(6), { count: 500, dimension: DIMENSION, clusters: 9 }), 'new')
    await index.sync()
    await until(() => index.status().kinds.paper.recall !== before.kinds.paper.recall)
    const grown = index.status()
    expect(grown.revision).not.toBe(before.revision)
    await index.rebuild()
    await until(() => index.status().kinds.paper.recall !== grown.kinds.paper.recall)
    expect(index.failures).toEqual([])
  })

  it('is measured of what there is, also while papers come and go', async () => {
    const { dir, store } = await filled(500)
    const index = await openIndex(store, dir, { ...EAGER, ef: 'auto' })
    const random = createRandom(7)
    const isChosen = () => index.status().kinds.question.recall !== null
    for (let round = 0; !isChosen(); round += 1) {
      const vectors = Array.from({ length: 4 }, () => randomVector(random, DIMENSION))
      await addVectors(store, vectors, `round ${round} of`)
      await store.remove(`p${round}`)
      await index.sync()
      for (let turns = 0; turns < 40 && !isChosen(); turns += 1) await new Promise((resolve) => setImmediate(resolve))
    }
    const { vectors, kinds } = index.status()
    expect(vectors).toBeGreaterThan(550)
    expect(await store.get(['p9'])).toEqual([null])
    for (const { recall } of Object.values(kinds)) {
      expect(recall).toMatchObject({ sample: 200, of: 'vectors' })
      expect(recall?.at10).toBeGreaterThanOrEqual(0.99)
    }
  })

  it('is no narrower within a filter than filters were measured with', async () => {
    // So many that a narrow search within the filter is not exact.
    const library = await filled(8_000)
    const { dir, store, vectors, keys } = library
    const first = await openIndex(store, dir, { ...EAGER, ef: 'auto' })
    await until(() => existsSync(join(dir, 'recall.json')))
    await first.close()
    narrow(dir, 16)
    const index = await openIndex(store, dir, { ...POOR, ef: 'auto', readOnly: true })
    const some = new Set(keys.filter((key) => key % 2 === 0))
    const filter = { and: [] }
    const within = { filter, size: some.size, has: (key: number) => some.has(key), keys: () => some.keys() }
    const answers = async (asked: Partial<VectorQuery>) =>
      Promise.all(vectors.slice(0, 300).map((vector) => index.search({ vector, kind: 'paper', limit: 10, ...asked })))
    expect(await answers({})).toEqual(await answers({ ef: 16 }))
    expect(await answers({})).not.toEqual(await answers({ ef: 64 }))
    expect(await answers({ within })).toEqual(await answers({ within, ef: 64 }))
    expect(await answers({ within })).not.toEqual(await answers({ within, ef: 16 }))
  })

  it('may be narrow: longer answers begin with the shorter ones, and are nearest first behind what is sure', async () => {
    const library = await filled(1_000, GRAPH)
    const { dir, store, vectors, keys } = library
    const first = await openIndex(store, dir, { ...EAGER, settings: GRAPH, ef: 'auto' })
    await until(() => existsSync(join(dir, 'recall.json')))
    const { ef } = first.status()
    expect(ef).toBeLessThan(64)
    for (const [at, vector] of vectors.slice(0, 100).entries()) {
      const query = { vector, kind: 'paper' as const, exclude: [keys[at] ?? -1] }
      const { neighbours } = await first.search({ ...query, limit: 100 })
      for (const limit of [1, 10, 12, 13, 20, 64, 99])
        expect((await first.search({ ...query, limit })).neighbours).toEqual(neighbours.slice(0, limit))
      expect(new Set(neighbours.map(({ key }) => key)).size).toBe(100)
      for (const part of [neighbours.slice(0, 12), neighbours.slice(12)]) {
        const similarities = part.map(({ similarity }) => similarity)
        expect(similarities).toEqual(similarities.toSorted((one, other) => other - one))
      }
    }
  })

  it('that is given stays, and is measured all the same', async () => {
    const { dir, store } = await filled()
    const index = await openIndex(store, dir, { ...EAGER, ef: 300 })
    await until(isMeasured(index))
    expect(index.status()).toMatchObject({ ef: 300, kinds: { question: { ef: 300 } }, degraded: [] })
    expect(index.widths).toEqual([])
    expect(existsSync(join(dir, 'recall.json'))).toBe(false)
  })
})

describe('the alarm', () => {
  it('is raised by asked queries at ef 4, and a wider search ends it', async () => {
    const library = await filled()
    const { dir, store } = library
    const first = await openIndex(store, dir, { ...EAGER, ef: 'auto' })
    await until(() => existsSync(join(dir, 'recall.json')))
    const { ef } = first.status()
    await first.close()
    narrow(dir, 4)
    const index = await openIndex(store, dir, { ...EAGER, ef: 'auto' })
    expect(index.status()).toMatchObject({ ef: 4, degraded: [] })
    expect(await recallOfPapers(index, library)).toBeLessThan(0.95)
    await askUntil(index, library, ({ degraded }) => degraded.includes('recall-low'))
    const low = index.status()
    expect(index.alarms).toEqual(['paper'])
    expect(low.recall?.high).toBeLessThan(0.99)
    expect(low.kinds.paper.recall?.of).toBe('queries')
    await askUntil(index, library, ({ degraded }) => degraded.length === 0)
    expect(index.status().ef).toBeGreaterThanOrEqual(ef)
    expect(index.status().revision).not.toBe(low.revision)
    expect(await recallOfPapers(index, library)).toBeGreaterThanOrEqual(0.99)
    await until(() => remembered(dir).kinds.paper.ef === index.status().ef)
  })

  it('stays where ef is given as 4', async () => {
    const library = await filled()
    const index = await openIndex(library.store, library.dir, { ...EAGER, ef: 4 })
    await until(isMeasured(index))
    expect(index.status()).toMatchObject({ ef: 4, degraded: ['recall-low'] })
    expect(index.alarms).toEqual(['paper'])
    await askUntil(index, library, ({ kinds }) => kinds.paper.recall?.of === 'queries')
    expect(index.status()).toMatchObject({ ef: 4, degraded: ['recall-low'] })
    expect(index.alarms).toHaveLength(1)
  })

  it('is not raised by queries that name their own width, a filter, or exact search', async () => {
    const library = await filled()
    const index = await openIndex(library.store, library.dir, { ...EAGER, ef: 300 })
    await until(isMeasured(index))
    const { revision } = index.status()
    const random = createRandom(8)
    for (let round = 0; round < 200; round += 1) {
      const query = { vector: randomVector(random, DIMENSION), limit: 10 }
      await index.search({ ...query, ef: 1 })
      await index.search({ ...query, exact: true })
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(index.status()).toMatchObject({ degraded: [], revision, kinds: { question: { recall: { of: 'vectors' } } } })
  })
})

it('goes on after a time in which nobody asked', async () => {
  const library = await filled(100)
  const index = await openIndex(library.store, library.dir, { ...EAGER, ef: 300, auditShare: 0.5 })
  await askUntil(index, library, ({ kinds }) => kinds.paper.recall?.of === 'queries')
  const before = index.status().kinds.paper.recall?.sample ?? 0
  // Time enough for what waits to be compared.
  for (let turns = 0; turns < 2_000; turns += 1) await new Promise((resolve) => setImmediate(resolve))
  const now = performance.now.bind(performance)
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 86_400_000)
  onTestFinished(() => clock.mockRestore())
  await askUntil(index, library, ({ kinds }) => (kinds.paper.recall?.sample ?? 0) > before)
  expect(index.failures).toEqual([])
})

it('measures nothing after it was closed', async () => {
  const library = await filled()
  const index = await openIndex(library.store, library.dir, { ...EAGER, ef: 'auto' })
  await index.search({ vector: randomVector(createRandom(1), DIMENSION), limit: 10 })
  await index.close()
  await new Promise((resolve) => setImmediate(resolve))
  expect([index.status().recall, index.failures]).toEqual([null, []])
})
