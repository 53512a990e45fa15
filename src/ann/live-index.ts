import { KindredError } from '../domain/errors.ts'
import type { Selection, StoredVector, VectorSource } from '../domain/ports.ts'
import { Slab } from '../domain/slab.ts'
import { isUnit } from '../domain/unit-length.ts'
import type { IndexStatus, IndexVerification, VectorAnswer, VectorIndex, VectorQuery } from '../domain/vector-index.ts'
import { GraphKeeper, type KeeperOptions } from './graph-keeper.ts'
import { VectorMatrix } from './matrix.ts'
import { planAhead, planAtOnce, planSearchAside, searchAtOnce } from './planner.ts'
import { RecallKeeper } from './recall-keeper.ts'
import type { RecallOptions } from './recall-options.ts'
import { Remembered, revisionOf } from './revision.ts'
import { ScanPool } from './scan-pool.ts'
import { inStages, isOneStage } from './stages.ts'
import { requireQuery, requireVector } from './unit-vector.ts'
import { type Verdict, verifyGraph } from './verify.ts'

const slab = new Slab()

const ENGINE = 'hnswlib'
/** How often a process that nobody asks looks for what another one wrote. */
const LOOK_EVERY_MS = 500

export interface IndexOptions extends Omit<KeeperOptions & RecallOptions, 'databaseId'> {
  readonly source: VectorSource
}

/** The graph and the matrix behind one door; see VectorIndex for what it promises. */
class LiveIndex implements VectorIndex {
  readonly #options: IndexOptions
  readonly #keeper: GraphKeeper
  readonly #scans = new ScanPool()
  readonly #recall: RecallKeeper
  readonly #status = new Remembered<IndexStatus>()
  #matrix: VectorMatrix
  #generation = 0
  #looking: NodeJS.Timeout | null = null
  /** Labels whose stored vectors are damaged. */
  readonly #refused = new Set<number>()

  constructor(options: IndexOptions) {
    this.#options = options
    this.#matrix = new VectorMatrix(options.settings.dimension)
    const ofDatabase = { ...options, databaseId: options.source.databaseId }
    const current = () => ({ matrix: this.#matrix, generation: this.#generation })
    this.#keeper = new GraphKeeper(ofDatabase, current, () => this.#recall.changed())
    this.#recall = new RecallKeeper(ofDatabase, () => ({ ...current(), follower: this.#keeper.follower }))
  }

  async open(): Promise<this> {
    this.#readAll()
    await this.#keeper.open()
    await this.#recall.open()
    if (this.#options.follows) this.#looking = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref()
    return this
  }

  async search(query: VectorQuery): Promise<VectorAnswer> {
    requireQuery(query, this.#matrix.dimension)
    if (this.#options.source.generation() !== this.#generation) await this.sync()
    const generation = this.#generation
    const ef = this.#recall.efOf(query)
    const searchable = { matrix: this.#matrix, follower: this.#keeper.follower, ef }
    const { neighbours, plan } = await inStages(query, ef, (each) => planSearchAside(searchable, each, this.#scans))
    if (plan === 'ann') this.#recall.note(query)
    return { neighbours, plan, generation }
  }

  neighboursAtOnce(key: number, limit: number, within?: Selection): VectorAnswer | null {
    const { follower } = this.#keeper
    const query = this.#neighboursOf(key, limit, within)
    if (!query || !follower || this.#options.source.generation() !== this.#generation) return null
    if (within) return this.searchAtOnce(query)
    const ef = this.#recall.efOf(query)
    if (!isOneStage(query, ef)) return null
    const neighbours = searchAtOnce({ matrix: this.#matrix, follower, ef }, query)
    if (!neighbours) return null
    this.#recall.note(query)
    return { neighbours, plan: 'ann', generation: this.#generation }
  }

  neighboursAhead(key: number, limit: number, within?: Selection): boolean {
    const query = this.#neighboursOf(key, limit, within)
    return query !== null && this.#planAhead(query)
  }

  searchAhead(query: VectorQuery): boolean {
    requireQuery(query, this.#matrix.dimension)
    return this.#planAhead(query)
  }

  #planAhead(query: VectorQuery): boolean {
    const ef = this.#recall.efOf(query)
    return planAhead({ matrix: this.#matrix, follower: this.#keeper.follower, ef }, query)
  }

  searchAtOnce(query: VectorQuery): VectorAnswer | null {
    requireQuery(query, this.#matrix.dimension)
    const generation = this.#generation
    if (this.#options.source.generation() !== generation) return null
    const ef = this.#recall.efOf(query)
    if (!isOneStage(query, ef)) return null
    const planned = planAtOnce({ matrix: this.#matrix, follower: this.#keeper.follower, ef }, query, this.#scans)
    if (!planned) return null
    const { neighbours, plan } = planned
    if (plan === 'ann') this.#recall.note(query)
    return { neighbours, plan, generation }
  }

  #neighboursOf(key: number, limit: number, within: Selection | undefined) {
    const row = this.#matrix.rowOfKey(key)
    if (row === undefined) return null
    const vector = this.#matrix.vectorAt(row)
    return { vector, of: key, kind: 'paper', limit, exclude: [key], within } as const satisfies VectorQuery
  }

  async vectorOf(key: number): Promise<Float32Array | null> {
    if (this.#options.source.generation() !== this.#generation) await this.sync()
    const row = this.#matrix.rowOfKey(key)
    // A copy: the row may be given to another paper before the caller searches with it.
    return row === undefined ? null : this.#matrix.vectorAt(row).slice()
  }

  async similarities(vector: Float32Array, keys: readonly number[]): Promise<Float32Array> {
    requireVector(vector, this.#matrix.dimension)
    if (this.#options.source.generation() !== this.#generation) await this.sync()
    return this.#compareWith(vector, keys)
  }

  similaritiesAtOnce(vector: Float32Array, keys: readonly number[]): Float32Array | null {
    requireVector(vector, this.#matrix.dimension)
    return this.#options.source.generation() === this.#generation ? this.#compareWith(vector, keys) : null
  }

  #compareWith(vector: Float32Array, keys: readonly number[]): Float32Array {
    const matrix = this.#matrix
    const rows = slab.uint32(keys.length)
    let known = 0
    for (let at = 0; at < keys.length; at += 1) {
      const row = matrix.rowOfKey(keys[at] as number)
      if (row !== undefined) rows[known++] = row
    }
    if (known === keys.length) return matrix.scanner.similarities(vector, rows)
    const similarities = matrix.scanner.similarities(vector, rows.subarray(0, known))
    let next = 0
    return Float32Array.from(keys, (key) =>
      matrix.rowOfKey(key) === undefined ? Number.NaN : (similarities[next++] as number),
    )
  }

  async sync(): Promise<void> {
    const changes = this.#options.source.changesAfter(this.#generation)
    if (!changes.complete) {
      this.#readAll()
      this.#keeper.followAnew()
      return this.#recall.changed()
    }
    for (const label of changes.removed) {
      this.#refused.delete(label)
      if (!this.#matrix.has(label)) continue
      this.#matrix.remove(label)
      this.#keeper.follower?.removed(label)
    }
    for (const vector of changes.added) if (this.#take(vector)) this.#keeper.follower?.added(vector.label)
    this.#generation = changes.generation
    if (changes.added.length + changes.removed.length === 0) return
    this.#keeper.changed()
    this.#recall.changed()
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
    const { follower, manifest, isBuilding } = this.#keeper
    const [matrix, lacking, refused] = [this.#matrix, follower?.overlay.size, this.#refused.size]
    const own = [this.#generation, matrix, matrix.size, follower, lacking, manifest, isBuilding, refused]
    return this.#status.of([...own, ...this.#recall.parts], () => this.#newStatus())
  }

  #newStatus(): IndexStatus {
    const { follower, manifest } = this.#keeper
    const engine = follower ? ENGINE : 'exact'
    const { figure, kinds, target } = this.#recall
    const recall = follower ? figure : null
    const degraded = this.#degraded()
    const { paper, question } = kinds
    const searched = [manifest?.file, engine, paper.ef, question.ef, recall, degraded.join()]
    return {
      engine,
      generation: this.#generation,
      vectors: this.#matrix.size,
      inGraph: follower ? this.#matrix.size - follower.overlay.size : 0,
      ef: paper.ef,
      recallAt10: recall?.at10 ?? null,
      recall,
      recallTarget: target,
      kinds,
      degraded,
      revision: revisionOf(searched),
    }
  }

  async close(): Promise<void> {
    if (this.#looking) clearInterval(this.#looking)
    this.#recall.stop()
    await Promise.all([this.#keeper.close(), this.#scans.close()])
  }

  #degraded(): string[] {
    const { follower, isBuilding } = this.#keeper
    const degraded: string[] = []
    if (!follower) degraded.push(isBuilding ? 'graph-rebuilding' : 'graph-missing')
    if (this.#refused.size > 0) degraded.push('vectors-damaged')
    if (follower && this.#recall.isLow) degraded.push('recall-low')
    return degraded
  }

  /** Searches follow by themselves; this keeps short what the next one has to catch up with. */
  async #look(): Promise<void> {
    try {
      if (this.#options.source.generation() !== this.#generation) await this.sync()
      await this.#keeper.takeOver()
      // The process that writes measures for all.
      await this.#recall.open()
    } catch (error) {
      this.#options.events.onFailure('index_build_failed', error)
    }
  }

  /** The comparison takes turns with everything else; where graph or matrix were replaced meanwhile it begins again. */
  async #compare(): Promise<Verdict> {
    for (;;) {
      const [matrix, { follower }] = [this.#matrix, this.#keeper]
      const verdict = await verifyGraph(matrix, follower, this.#recall.kinds.paper.ef)
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
