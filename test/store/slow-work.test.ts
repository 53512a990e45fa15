import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Sqlite } from '../../src/store/sqlite.ts'
import { change, paper, writeAll } from '../support/changes.ts'
import { openStore, SPACE } from '../support/library.ts'
import { createRandom, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'

const random = createRandom(29)
const changes = (count: number, name = 'Paper') =>
  Array.from({ length: count }, (_, at) => change(paper(`${name} ${at}`), randomVector(random, SPACE.dimension)))

/** How many turns the event loop had until the work was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let [turns, isDone] = [0, false]
  const done = work.finally(() => {
    isDone = true
  })
  while (!isDone) {
    await nextTurn()
    turns += 1
  }
  await done
  return turns
}

describe('a store that writes on a thread', () => {
  it('leaves the event loop to others while it writes, counts and looks for what is missing', async () => {
    const store = openStore(tempDir(), SPACE, { aside: true })
    await writeAll(store, changes(1, 'First'))
    expect(await turnsDuring(writeAll(store, changes(300)))).toBeGreaterThan(3)
    expect(await turnsDuring(store.stats())).toBeGreaterThan(0)
    expect((await store.stats()).papers).toBe(301)
  })

  it('shows at once what it has written', async () => {
    const store = openStore(tempDir(), SPACE, { aside: true })
    const before = store.generation()
    expect(await writeAll(store, changes(2))).toEqual({ generation: before + 1 })
    expect(store.generation()).toBe(before + 1)
    expect(store.changesAfter(before).added).toHaveLength(2)
    await store.remove('Paper 0')
    await store.remove(paper('Paper 0').id)
    expect(store.changesAfter(before + 1).removed).toHaveLength(1)
  })

  it('gives errors by their codes, and works on after them', async () => {
    const dir = tempDir()
    const store = openStore(dir, SPACE, { aside: true })
    await writeAll(store, changes(1))
    const other = new Sqlite(`${dir}/papers.db`)
    other.exec('BEGIN IMMEDIATE')
    await expect(store.remove(paper('Paper 0').id)).rejects.toMatchObject({ code: 'OVERLOADED' })
    other.exec('ROLLBACK')
    other.close()
    expect(await store.remove(paper('Paper 0').id)).toBe(true)
    await store.close()
    await expect(store.stats()).rejects.toMatchObject({ code: 'STORE_UNREADABLE' })
  }, 20_000)

  it('is closed as a whole: nothing of its log is left', async () => {
    const dir = tempDir()
    const store = openStore(dir, SPACE, { aside: true })
    const written = writeAll(store, changes(20))
    await store.close()
    await written
    const again = openStore(dir)
    expect((await again.stats()).papers).toBe(20)
  })
})
