import { KindredError } from '../domain/errors.ts'
import type { StoredVector, VectorSource } from '../domain/ports.ts'
import { isUnit } from '../domain/unit-length.ts'
import type { IndexStatus, IndexVerification, VectorAnswer, VectorIndex, VectorQuery } from '../domain/vector-index.ts'
import { dot } from './exact.ts'
import { GraphKeeper, type KeeperOptions } from './graph-keeper.ts'
import { VectorMatrix } from './matrix.ts'
import { planSearch } from './planner.ts'
import { requireQuery, requireVector } from './unit-vector.ts'
import { type Verdict, verifyGraph } from './verify.ts'

const ENGINE = 'hnswlib'
/** How often a process that nobody asks looks for what another one wrote. */
const LOOK_EVERY_MS = 500

export interface IndexOptions extends Omit<KeeperOptions, 'databaseId'> {
  readonly source: VectorSource
  readonly ef: number
}

/** The graph and the matrix behind one door; see VectorIndex for what it promises. */
class LiveIndex implements VectorIndex {
  readonly #options: IndexOptions
  readonly #keeper: GraphKeeper
  #matrix: VectorMatrix
  #generation = 0
  #looking: NodeJS.Timeout | null = null
  /** Labels whose stored vectors are damaged. */
  readonly #refused = new Set<number>()

  constructor(options: IndexOptions) {
    this.#options = options
    this.#matrix = new VectorMatrix(options.settings.dimension)
    this.#keeper = new GraphKeeper({ ...options, databaseId: options.source.databaseId }, () => ({
      matrix: this.#matrix,
      generation: this.#generation,
    }))
  }

  async open(): Promise<this> {
    this.#readAll()
    await this.#keeper.open()
    if (this.#options.follows) this.#looking = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref()
    return this
  }

  async search(query: VectorQuery): Promise<VectorAnswer> {
    requireQuery(query, this.#matrix.dimension)
    if (this.#options.source.generation() !== this.#generation) await this.sync()
    const { neighbours, plan } = planSearch(
      { matrix: this.#matrix, follower: this.#keeper.follower, ef: this.#options.ef },
      query,
    )
    return { neighbours, plan, generation: this.#generation }
  }

  async vectorOf(key: number): Promise<Float32Array | null> {
    if (this.#options.source.generation() !== this.#generation) await this.sync()
    const row = this.#matrix.rowOfKey(key)
    // A copy: the row may be given to another paper before the caller searches with it.
    return row === undefined ? null : this.#matrix.vectorAt(row).slice()
  }

  async similarities(vector: Float32Array, keys: readonly number[]): Promise<(number | null)[]> {
    requireVector(vector, this.#matrix.dimension)
    if (this.#options.source.generation() !== this.#generation) await this.sync()
    const { values, dimension } = this.#matrix
    return keys.map((key) => {
      const row = this.#matrix.rowOfKey(key)
      return row === undefined ? null : dot(vector, values, row * dimension)
    })
  }

  async sync(): Promise<void> {
    const changes = this.#options.source.changesAfter(this.#generation)
    if (!changes.complete) {
      this.#readAll()
      return this.#keeper.followAnew()
    }
    for (const label of changes.removed) {
      this.#refused.delete(label)
      if (!this.#matrix.has(label)) continue
      this.#matrix.remove(label)
      this.#keeper.follower?.removed(label)
    }
    for (const vector of changes.added) if (this.#take(vector)) this.#keeper.follower?.added(vector.label)
    this.#generation = changes.generation
    if (changes.added.length + changes.removed.length > 0) this.#keeper.changed()
  }

  snapshot(): Promise<void> {
    return this.#keeper.save()
  }

  rebuild(): Promise<void> {
    return this.#keeper.rebuild()
  }

  async verify(): Promise<IndexVerification> {
    if (this.#options.source.generation() !== this.#generation) await this.sync()
    await this.#keeper.caughtUp()
    const { ok, problems, ...verdict } = await this.#compare()
    const { manifest } = this.#keeper
    const refused = this.#refused.size > 0 ? [`${this.#refused.size} stored vectors are damaged`] : []
    const snapshot = manifest && { file: manifest.file, bytes: manifest.byteSize, generation: manifest.generation }
    return {
      ...verdict,
      ok: ok && refused.length === 0,
      problems: [...problems, ...refused],
      vectors: this.#matrix.size,
      snapshot,
    }
  }

  status(): IndexStatus {
    const { follower, isBuilding } = this.#keeper
    const degraded = follower ? [] : [isBuilding ? 'graph-rebuilding' : 'graph-missing']
    return {
      engine: follower ? ENGINE : 'exact',
      generation: this.#generation,
      vectors: this.#matrix.size,
      inGraph: follower ? this.#matrix.size - follower.overlay.size : 0,
      ef: this.#options.ef,
      recallAt10: null,
      degraded: this.#refused.size > 0 ? [...degraded, 'vectors-damaged'] : degraded,
    }
  }

  close(): Promise<void> {
    if (this.#looking) clearInterval(this.#looking)
    return this.#keeper.close()
  }

  /** Searches follow by themselves; this keeps short what the next one has to catch up with. */
  async #look(): Promise<void> {
    try {
      if (this.#options.source.generation() !== this.#generation) await this.sync()
      await this.#keeper.takeOver()
    } catch (error) {
      this.#options.events.onFailure('index_build_failed', error)
    }
  }

  /** The comparison takes turns with everything else; where graph or matrix were replaced meanwhile it begins again. */
  async #compare(): Promise<Verdict> {
    for (;;) {
      const [matrix, { follower }] = [this.#matrix, this.#keeper]
      const verdict = await verifyGraph(matrix, follower, this.#options.ef)
      if (matrix === this.#matrix && follower === this.#keeper.follower) return verdict
    }
  }

  /** One damaged vector would mislead every search, so it stays outside. */
  #take(stored: StoredVector): boolean {
    if (isUnit(stored.vector, this.#matrix.dimension)) {
      this.#matrix.add(stored)
      return true
    }
    this.#refused.add(stored.label)
    const error = new KindredError('INDEX_DAMAGED', `The stored vector ${stored.label} is no unit vector.`)
    this.#options.events.onFailure('index_vector_refused', error)
    return false
  }

  /** Reads every vector; what another process commits meanwhile comes again with the journal, which changes nothing. */
  #readAll(): void {
    const { generation, count, vectors } = this.#options.source.allVectors()
    this.#refused.clear()
    this.#matrix = new VectorMatrix(this.#options.settings.dimension, count)
    for (const vector of vectors) this.#take(vector)
    this.#generation = generation
  }
}

/**
 * Opens the index of a folder: reads the vectors, loads the graph's verified snapshot, and follows what the snapshot
 * lacks. Without a usable snapshot it answers exactly while a fresh graph is built on another thread.
 */
export const openVectorIndex = (options: IndexOptions): Promise<VectorIndex> => new LiveIndex(options).open()
