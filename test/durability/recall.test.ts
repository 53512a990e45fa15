import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createBackup } from '../../src/backup/create.ts'
import { restoreBackup } from '../../src/backup/restore.ts'
import type { VectorIndex } from '../../src/domain/vector-index.ts'
import { addVectors } from '../support/changes.ts'
import { DIMENSION, openIndex, openStore } from '../support/library.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'

const VECTORS = times(1_500, 10_000)
const QUERIES = times(100, 200)
const CHURNS = times(3, 10)

/** One cloud for what is stored, what comes later and what is asked, so that the questions stay near the answers. */
function vectorsFor(later = 0) {
  const random = createRandom(1_111)
  const count = QUERIES + VECTORS + later
  const all = clusteredVectors(random, { count, dimension: DIMENSION, clusters: 40 })
  const queries = all.splice(0, QUERIES)
  return { queries, first: all.splice(0, VECTORS), later: all }
}

interface Asked {
  readonly queries: readonly Float32Array[]
  readonly gone: ReadonlySet<number>
}

/** Share of the exact ten nearest that the graph finds; none of the deleted may be among what it finds. */
async function recall(index: VectorIndex, { queries, gone }: Asked): Promise<number> {
  let found = 0
  for (const vector of queries) {
    const near = await index.search({ vector, limit: 10 })
    const exact = await index.search({ vector, limit: 10, exact: true })
    expect(near.neighbours.filter(({ key }) => gone.has(key))).toEqual([])
    const keys = new Set(near.neighbours.map(({ key }) => key))
    found += exact.neighbours.filter(({ key }) => keys.has(key)).length
  }
  return found / (10 * queries.length)
}

async function filled(vectors: readonly Float32Array[]) {
  const dir = tempDir()
  const store = openStore(dir)
  const keys = await addVectors(store, vectors)
  const index = await openIndex(store, dir)
  await index.rebuild()
  return { dir, store, index, keys }
}

it.each([20, 50, 90])(
  'never finds a deleted vector, and keeps the recall of a fresh graph, after %i of 100 were deleted',
  async (percent) => {
    const { queries, first } = vectorsFor()
    const { store, index, keys } = await filled(first)
    const gone = new Set<number>()
    for (let n = 0; n < (VECTORS * percent) / 100; n += 1) {
      await store.remove(`p${n}`)
      gone.add(keys[n] ?? -1)
    }
    const atOnce = await recall(index, { queries, gone })
    await index.snapshot()
    const later = await recall(index, { queries, gone })
    await index.rebuild()
    const fresh = await recall(index, { queries, gone })
    measured('B17 recall@10 after deletes', { vectors: VECTORS, percent, atOnce, later, fresh })
    expect(Math.min(atOnce, later)).toBeGreaterThanOrEqual(0.98 * fresh)
  },
  TEST_TIMEOUT_MS,
)

it(
  `keeps it over ${CHURNS} rounds in which a fifth of all vectors is deleted and as many are added`,
  async () => {
    const fifth = VECTORS / 5
    const { queries, first, later } = vectorsFor(CHURNS * fifth)
    const { dir, store, index, keys } = await filled(first)
    const ids = keys.map((key, at) => ({ id: `p${at}`, key }))
    const gone = new Set<number>()
    const recalls: number[] = []
    for (let round = 0; round < CHURNS; round += 1) {
      for (const { id, key } of ids.splice(0, fifth)) {
        await store.remove(id)
        gone.add(key)
      }
      const added = await addVectors(store, later.splice(0, fifth), `r${round}-`)
      ids.push(...added.map((key, at) => ({ id: `r${round}-${at}`, key })))
      await index.snapshot()
      recalls.push(await recall(index, { queries, gone }))
    }
    await index.close()
    const again = await openIndex(store, dir)
    const restarted = await recall(again, { queries, gone })
    await again.rebuild()
    const fresh = await recall(again, { queries, gone })
    measured('B17 and B19 recall@10 after churn', { vectors: VECTORS, recalls, restarted, fresh })
    expect(Math.min(...recalls)).toBeGreaterThanOrEqual(0.98 * fresh)
    expect(Math.abs(restarted - (recalls.at(-1) ?? 0))).toBeLessThanOrEqual(0.01)
    expect(fresh).toBeGreaterThanOrEqual(0.97)
  },
  TEST_TIMEOUT_MS,
)

it(
  'is the same after a restart, a rebuild, and a backup and its restore',
  async () => {
    const { queries, first } = vectorsFor()
    const { dir, store, index } = await filled(first)
    const gone = new Set<number>()
    const before = await recall(index, { queries, gone })
    await index.close()
    const restarted = await openIndex(store, dir)
    const afterRestart = await recall(restarted, { queries, gone })
    await restarted.rebuild()
    const afterRebuild = await recall(restarted, { queries, gone })
    const out = tempDir()
    const file = join(out, 'a.tar')
    await createBackup({ dir, file, version: '1.2.3' })
    await restoreBackup({ file, dir: join(out, 'restored') })
    const restored = await openIndex(openStore(join(out, 'restored')), join(out, 'restored'))
    expect(restored.rebuilds).toHaveLength(1)
    await restored.verify()
    expect(restored.status()).toMatchObject({ inGraph: VECTORS, degraded: [] })
    const afterRestore = await recall(restored, { queries, gone })
    measured('B19 recall@10', { vectors: VECTORS, before, afterRestart, afterRebuild, afterRestore })
    for (const after of [afterRestart, afterRebuild, afterRestore]) {
      expect(Math.abs(after - before)).toBeLessThanOrEqual(0.01)
    }
    expect(before).toBeGreaterThanOrEqual(0.97)
  },
  TEST_TIMEOUT_MS,
)
