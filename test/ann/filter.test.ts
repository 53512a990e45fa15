import { describe, expect, it } from 'vitest'
import { addVectors } from '../support/changes.ts'
import { DIMENSION, openIndex, openStore } from '../support/library.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'
import { selected } from '../support/selected.ts'
import { tempDir } from '../support/temp-dir.ts'

const COUNT = 3_000
/** Narrow, so that the graph is the shorter way within half of so few vectors. */
const EF = 8
const random = createRandom(14)

async function openFilled() {
  const dir = tempDir()
  const store = openStore(dir)
  const vectors = clusteredVectors(random, { count: COUNT, dimension: DIMENSION, clusters: 30 })
  const keys = await addVectors(store, vectors)
  const index = await openIndex(store, dir, { ef: EF })
  return { store, index, keys, vectors }
}

async function openBuilt() {
  const filled = await openFilled()
  await filled.index.snapshot()
  expect(filled.index.status()).toMatchObject({ inGraph: COUNT })
  return filled
}

const vectorAt = (vectors: readonly Float32Array[], at: number): Float32Array => vectors[at] ?? new Float32Array()

describe('a search within a selection', () => {
  it('gives a longer answer that begins with the shorter one, by the graph and exactly', async () => {
    const { index, keys, vectors } = await openBuilt()
    const plans = new Set<string>()
    for (const every of [2, 3, 7, 40]) {
      const within = selected(keys.filter((key) => key % every === 0))
      for (const at of [5, 250, 900]) {
        const vector = vectorAt(vectors, at)
        const whole = await index.search({ vector, limit: within.size, within })
        plans.add(whole.plan)
        expect(new Set(whole.neighbours.map(({ key }) => key))).toEqual(new Set(within.keys()))
        for (const limit of [1, 10, 33, 100, 400]) {
          const { neighbours } = await index.search({ vector, limit, within })
          expect(neighbours).toEqual(whole.neighbours.slice(0, limit))
        }
      }
    }
    expect([...plans].toSorted()).toEqual(['ann-filtered', 'exact'])
  })

  it('finds as many as there are where every match is far from the question', async () => {
    const { index, keys, vectors } = await openBuilt()
    const vector = vectorAt(vectors, 7)
    const { neighbours } = await index.search({ vector, limit: COUNT, exact: true })
    const within = selected(neighbours.slice(COUNT / 2).map(({ key }) => key))
    expect(within.size).toBe(keys.length / 2)
    const found = await index.search({ vector, limit: 10, within })
    expect(found.neighbours).toEqual((await index.search({ vector, limit: 10, within, exact: true })).neighbours)
  })

  it('leaves out what is excluded, whether it is in the selection or not', async () => {
    const { index, keys, vectors } = await openBuilt()
    const within = selected(keys.filter((_, at) => at % 2 === 0))
    const exclude = keys.slice(0, 6)
    const { neighbours } = await index.search({ vector: vectorAt(vectors, 0), limit: COUNT, within, exclude })
    expect(neighbours).toHaveLength(within.size - 3)
    expect(neighbours.some(({ key }) => exclude.includes(key))).toBe(false)
  })

  it('finds papers that came after the graph, and none that are gone', async () => {
    const { store, index, keys, vectors } = await openBuilt()
    const vector = vectorAt(vectors, 3)
    const added = await addVectors(store, [vector, vector], 'late')
    await store.remove('p3')
    const within = selected([...keys, ...added])
    const { neighbours, plan } = await index.search({ vector, limit: 2, within })
    expect(neighbours.map(({ key }) => key)).toEqual(added)
    expect(plan).toBe('ann-filtered')
    expect((await index.search({ vector, limit: 5, within: selected(keys.slice(3, 4)) })).neighbours).toEqual([])
  })

  it('is exact while there is no graph, and empty within nothing', async () => {
    const { index, keys, vectors } = await openFilled()
    const within = selected(keys.slice(0, 20))
    const vector = vectorAt(vectors, 4)
    expect((await index.search({ vector, limit: 100, within })).neighbours).toHaveLength(20)
    expect(await index.search({ vector, limit: 5, within: selected([]) })).toMatchObject({
      neighbours: [],
      plan: 'exact',
    })
  })
})
