import type { Database } from 'better-sqlite3'
import type { SentenceSimilarities } from '../domain/ports.ts'
import { FoundSentences, NO_SPANS } from './found-sentences.ts'
import type { Generations } from './generation.ts'
import { ReadyRows, type RowSpan } from './ready-rows.ts'
import { MOST_ROWS, rowsWithin, SentenceMemory, strideOf } from './sentence-memory.ts'
import type { SentenceRow } from './sentence-set.ts'
import { guarded } from './sqlite-errors.ts'

/** All of some 70,000 papers of a model with 384 components. */
const BUDGET_BYTES = 256 * 1024 * 1024

/** A paper's rows in memory, that of its title first. */
interface Entry extends RowSpan {
  readonly number: number
  readonly spans: string
}

/** Of a paper without any. */
const NOWHERE = { row: 0, rows: 0 }

/** What is compared. */
interface Asked {
  readonly vector: Float32Array
  readonly keys: readonly number[]
  readonly titles: boolean
}

/** Sets that are read ahead in one turn: a fraction of a millisecond. */
const AHEAD = 16

interface Options {
  readonly fingerprint: number
  readonly dimension: number
  readonly generations: Generations
  readonly budget?: number
}

function prepare(db: Database) {
  const sets = 'SELECT number, paper, spans, vectors FROM sentences WHERE fingerprint = ? AND spans IS NOT NULL'
  return {
    numberOf: db
      .prepare<[number, number], number>('SELECT number FROM sentences WHERE fingerprint = ? AND paper = ?')
      .pluck(),
    select: db.prepare<[number, number], SentenceRow>(`${sets} AND paper = ?`),
    following: db.prepare<[number, number], SentenceRow>(`${sets} AND paper > ? ORDER BY paper LIMIT ${AHEAD}`),
  }
}

/**
 * Sentence vectors in memory, in a ring of rows: what was read first makes room for what is read. A set is only ever
 * dropped by a write, and a write makes a generation: within one an entry is right, after it its row number tells (a new
 * row has a new number, also where another process wrote it). What is not there yet is asked for each time.
 */
export class SentenceCache {
  readonly #options: Options
  readonly #capacity: number
  /** In the order in which they were read, which is that of their rows around the ring. */
  readonly #entries = new Map<number, Entry>()
  readonly #ready = new ReadyRows()
  #opened: SentenceMemory | undefined
  /** The row behind the last that was written. */
  #head = 0
  #held = 0
  /** Papers up to this key were read ahead; null where no more shall be. */
  #readUpTo: number | null = 0
  readonly #statements: ReturnType<typeof prepare>
  readonly #all: (asked: Asked) => FoundSentences
  readonly #ahead: () => boolean

  constructor(db: Database, options: Options) {
    this.#options = options
    this.#capacity = rowsWithin(options.budget ?? BUDGET_BYTES, options.dimension)
    this.#statements = prepare(db)
    // One transaction: all sets are of one generation.
    this.#all = db.transaction((asked: Asked) => this.#readAll(asked)).deferred
    this.#ahead = db.transaction(() => this.#readNext()).deferred
  }

  /** What is held in memory, in bytes. */
  get bytes(): number {
    return this.#held * strideOf(this.#options.dimension)
  }

  compare(vector: Float32Array, keys: readonly number[], titles = true): SentenceSimilarities {
    const asked = { vector, keys, titles }
    return this.#known(asked) ?? this.#all(asked)
  }

  /** Reads the next few sets before they are asked for, while there is room for more. False where nothing is left to do. */
  readAhead(): boolean {
    return this.#readUpTo !== null && this.#ahead()
  }

  #readNext(): boolean {
    const rows = this.#statements.following.all(this.#options.fingerprint, this.#readUpTo ?? 0)
    const generation = this.#options.generations.current()
    for (const row of rows) {
      const isFull = this.#head + row.vectors.length / this.#options.dimension > this.#capacity
      if (isFull) return this.#endReadAhead()
      if (!this.#entries.has(row.paper)) this.#place(row, generation)
      this.#readUpTo = row.paper
    }
    return rows.length > 0 || this.#endReadAhead()
  }

  #endReadAhead(): false {
    this.#readUpTo = null
    return false
  }

  get #memory(): SentenceMemory {
    this.#opened ??= new SentenceMemory(this.#options.dimension, this.#capacity)
    return this.#opened
  }

  /** Null where one of them has to be read or looked up. */
  #known(asked: Asked): FoundSentences | null {
    if (!this.#ready.isOf(this.#options.generations.lately())) return null
    const found = this.#begin(asked)
    if (!found.addAll(this.#ready)) return null
    this.#memory.aim(asked.vector)
    found.compare(this.#memory)
    return found
  }

  #readAll(asked: Asked): FoundSentences {
    const { vector, keys } = asked
    const generation = this.#options.generations.current()
    const memory = this.#memory
    const found = this.#begin(asked)
    memory.aim(vector)
    for (const key of keys) {
      const known = this.#current(key, generation)
      // What is read may take the place of what was found.
      if (!known) found.compare(memory)
      const { row, rows } = known ?? this.#load(key, generation) ?? NOWHERE
      found.add(row, rows)
    }
    found.compare(memory)
    return found
  }

  #begin({ keys, titles }: Asked): FoundSentences {
    return new FoundSentences(keys, titles, (key, row) => guarded(() => this.#spansOf(key, row)))
  }

  #spansOf(key: number, row: number): string {
    const entry = this.#entries.get(key)
    // Another one may have taken its place meanwhile.
    if (entry?.row === row) return entry.spans
    return this.#statements.select.get(this.#options.fingerprint, key)?.spans ?? NO_SPANS
  }

  #current(key: number, generation: number): Entry | undefined {
    const entry = this.#entries.get(key)
    if (!entry || (this.#ready.isOf(generation) && this.#ready.has(key))) return entry
    if (this.#statements.numberOf.get(this.#options.fingerprint, key) !== entry.number) {
      this.#forget(key, entry)
      return undefined
    }
    this.#ready.set(key, entry, generation)
    return entry
  }

  #load(key: number, generation: number): Entry | undefined {
    const row = this.#statements.select.get(this.#options.fingerprint, key)
    return row && this.#place(row, generation)
  }

  #place({ paper, number, spans, vectors }: SentenceRow, generation: number): Entry | undefined {
    const codes = new Int8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength)
    const rows = codes.length / this.#options.dimension
    // No abstract has so many sentences, and no row is cut: what a damaged file holds is not there.
    if (!Number.isInteger(rows) || rows > MOST_ROWS) return undefined
    const row = this.#roomFor(rows)
    this.#memory.write(row, codes)
    const entry = { number, row, rows, spans }
    this.#entries.set(paper, entry)
    this.#ready.set(paper, entry, generation)
    this.#held += rows
    return entry
  }

  /** Where so many rows fit side by side; whoever has them loses them. */
  #roomFor(rows: number): number {
    const wraps = this.#head + rows > this.#capacity
    if (wraps) {
      this.#clear(this.#head, this.#capacity)
      this.#readUpTo = null
    }
    const row = wraps ? 0 : this.#head
    this.#clear(row, row + rows)
    this.#head = row + rows
    return row
  }

  #clear(start: number, end: number): void {
    for (const [key, entry] of this.#entries) {
      if (entry.row >= end || entry.row + entry.rows <= start) return
      this.#forget(key, entry)
    }
  }

  #forget(key: number, entry: Entry): void {
    this.#entries.delete(key)
    this.#ready.delete(key)
    this.#held -= entry.rows
  }
}
