import type { Database } from 'better-sqlite3'
import type { SentenceSet } from '../domain/ports.ts'
import type { Generations } from './generation.ts'
import { bytesOf, type SentenceRow, unpackSet } from './sentence-set.ts'

/** All of some 60,000 papers of a model with 384 components. */
const BUDGET_BYTES = 256 * 1024 * 1024

interface Entry {
  readonly number: number
  readonly set: SentenceSet
  readonly bytes: number
  /** The generation at which the set was last seen to be the stored one. */
  checked: number
}

interface Options {
  readonly fingerprint: number
  readonly dimension: number
  readonly generations: Generations
  readonly budget?: number
}

/**
 * Sentence sets as a search reads them, the ones used last in memory. A set is only ever dropped by a write, and a
 * write makes a generation: within one an entry is right, after it its row number tells (a new row has a new number,
 * also where another process wrote it). What is not there yet is asked for each time.
 */
export function createSentenceCache(db: Database, { fingerprint, dimension, generations, budget }: Options) {
  const limit = budget ?? BUDGET_BYTES
  const entries = new Map<number, Entry>()
  let held = 0
  const numberOf = db
    .prepare<[number, number], number>('SELECT number FROM sentences WHERE paper = ? AND fingerprint = ?')
    .pluck()
  const select = db.prepare<[number, number], SentenceRow>(
    `SELECT number, paper, spans, vectors FROM sentences
     WHERE paper = ? AND fingerprint = ? AND spans IS NOT NULL`,
  )

  function forget(key: number, entry: Entry): void {
    entries.delete(key)
    held -= entry.bytes
  }

  function cached(key: number, generation: number): Entry | undefined {
    const entry = entries.get(key)
    if (!entry) return undefined
    // Behind all others again: the map's order is that of the last use. It costs more than the look-up, so not before
    // anything is to be dropped soon.
    if (held > limit / 2) {
      entries.delete(key)
      entries.set(key, entry)
    }
    if (entry.checked !== generation && numberOf.get(key, fingerprint) !== entry.number) {
      forget(key, entry)
      return undefined
    }
    entry.checked = generation
    return entry
  }

  function load(key: number, generation: number): Entry | undefined {
    const row = select.get(key, fingerprint)
    if (!row) return undefined
    const set = unpackSet(row, dimension)
    const entry = { number: row.number, set, bytes: bytesOf(set), checked: generation }
    entries.set(key, entry)
    held += entry.bytes
    return entry
  }

  function shrink(): void {
    for (const [key, entry] of entries) {
      if (held <= limit) return
      forget(key, entry)
    }
  }

  return {
    /** One transaction: all sets are of one generation. */
    read: db.transaction((keys: readonly number[]): Map<number, SentenceSet> => {
      const generation = generations.current()
      const found = new Map<number, SentenceSet>()
      for (const key of keys) {
        const entry = cached(key, generation) ?? load(key, generation)
        if (entry) found.set(key, entry.set)
      }
      shrink()
      return found
    }).deferred,
    get bytes(): number {
      return held
    },
  }
}
export type SentenceCache = ReturnType<typeof createSentenceCache>
