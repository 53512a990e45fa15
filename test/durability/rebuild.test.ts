import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { VectorAnswer } from '../../src/domain/vector-index.ts'
import { addVectors } from '../support/changes.ts'
import { DIMENSION, openIndex, openStore } from '../support/library.ts'
import { clusteredVectors, createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'

const REBUILDS = times(5, 100)
const COUNT = 400
const LIMIT = 10
/** A load of at most 300 searches and 200 writes a second; without a pause a rebuild only waits for its turns. */
const PAUSE_MS = 10

const random = createRandom(97)
const some = (count: number) => clusteredVectors(random, { count, dimension: DIMENSION, clusters: 8 })

/** In which generations of the store a key was in it. */
interface Life {
  readonly from: number
  until: number
}

/** A store that is written to, and what it held in each of its generations. */
async function openHistory() {
  const dir = tempDir()
  const store = openStore(dir)
  const lives = new Map<number, Life>()
  /** From the oldest paper to the newest. */
  const alive: { readonly id: string; readonly key: number }[] = []
  let batches = 0

  async function add(vectors: readonly Float32Array[]): Promise<number> {
    const prefix = `b${batches++}-`
    const keys = await addVectors(store, vectors, prefix)
    const from = store.generation()
    for (const [at, key] of keys.entries()) {
      lives.set(key, { from, until: Number.POSITIVE_INFINITY })
      alive.push({ id: `${prefix}${at}`, key })
    }
    return keys.at(-1) ?? -1
  }

  async function removeOldest(): Promise<void> {
    const oldest = alive.shift()
    const life = oldest && lives.get(oldest.key)
    if (!life) return
    await store.remove(oldest.id)
    life.until = store.generation()
  }

  const wasThere = (key: number, generation: number): boolean => {
    const life = lives.get(key)
    return life !== undefined && life.from <= generation && generation < life.until
  }
  return { dir, store, add, removeOldest, wasThere }
}

describe('rebuilds under load', () => {
  it(`fail no search and mix no generations: ${REBUILDS} of them`, { timeout: TEST_TIMEOUT_MS }, async () => {
    const { dir, store, add, removeOldest, wasThere } = await openHistory()
    await add(some(COUNT))
    // Saves in the background come between.
    const index = await openIndex(store, dir, { waitMs: 20 })
    let rebuilding = true
    const rebuilds = (async () => {
      for (let round = 0; round < REBUILDS; round += 1) await index.rebuild()
    })().finally(() => {
      rebuilding = false
    })
    const plans = new Map<string, number>()
    const failed: unknown[] = []

    const check = ({ plan, generation, neighbours }: VectorAnswer, wanted: number): void => {
      plans.set(plan, (plans.get(plan) ?? 0) + 1)
      const strange = neighbours.filter(({ key }) => !wasThere(key, generation))
      const best = neighbours[0]?.key
      if (strange.length > 0 || neighbours.length !== LIMIT || best !== wanted)
        failed.push({ generation, strange, best })
    }

    while (rebuilding) {
      const [vector = new Float32Array(DIMENSION)] = some(1)
      const key = await add([vector])
      await removeOldest()
      const searches = [undefined, 8, 64].map((ef) => index.search({ vector, limit: LIMIT, ef }))
      for (const answer of await Promise.all(searches)) check(answer, key)
      await setTimeout(PAUSE_MS)
    }
    await rebuilds
    measured('B14 rebuilds', { rebuilds: REBUILDS, searches: Object.fromEntries(plans), failed: failed.length })
    expect(failed).toEqual([])
    expect(plans.get('ann')).toBeGreaterThan(REBUILDS)
    expect(await index.verify()).toMatchObject({ ok: true, vectors: COUNT })
  })
})
