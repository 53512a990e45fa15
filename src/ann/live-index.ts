import type {
  IndexStatus,
  IndexVerification,
  VectorAnswer,
  VectorIndex,
  VectorQuery,
  VectorSource,
} from '../domain/ports.ts'
import { dot } from './exact.ts'
import { GraphFollower } from './graph-follower.ts'
import { GraphHome } from './graph-home.ts'
import { type GraphSettings, HnswGraph } from './hnsw.ts'
import { VectorMatrix } from './matrix.ts'
import { planSearch } from './planner.ts'
import { verifyGraph } from './verify.ts'

const ENGINE = 'hnswlib'
/** A graph with more deleted nodes than this share wanders among them. */
const MAX_DELETED = 0.2
/** Writes come in bursts; the snapshot waits until one is over. */
const SNAPSHOT_AFTER_MS = 5_000
/** A graph that lacks more than this share of the vectors is faster built anew than filled up. */
const MAX_LACKING = 0.5

export interface IndexEvents {
  /** The snapshot could not be used, and why; a new graph is being built. */
  readonly onRebuild: (reason: string) => void
  /** Work in the background failed; searches go on, exactly where there is no graph. */
  readonly onFailure: (what: 'index_save_failed' | 'index_build_failed', error: unknown) => void
}

export interface IndexOptions {
  readonly dir: string
  readonly source: VectorSource
  readonly fingerprint: string
  readonly settings: GraphSettings
  readonly ef: number
  /** Neither builds nor writes a graph: for one question on the command line. */
  readonly readOnly?: boolean
  readonly events: IndexEvents
}

/** The graph and the matrix behind one door; see VectorIndex for what it promises. */
class LiveIndex implements VectorIndex {
  readonly #options: IndexOptions
  readonly #home: GraphHome
  #matrix: VectorMatrix
  #follower: GraphFollower | null = null
  #generation = 0
  #building: Promise<void> | null = null
  #dirty = false
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(options: IndexOptions) {
    this.#options = options
    this.#home = new GraphHome({ ...options, databaseId: options.source.databaseId })
    this.#matrix = new VectorMatrix(options.settings.dimension)
  }

  async open(): Promise<this> {
    this.#readAll()
    const loaded = await this.#home.load(this.#generation)
    if ('graph' in loaded) this.#adopt(loaded.graph)
    else if (this.#matrix.size === 0) this.#adopt(HnswGraph.create(this.#options.settings, 0))
    else this.#rebuildBecause(loaded.problem)
    return this
  }

  async search(query: VectorQuery): Promise<VectorAnswer> {
    if (this.#options.source.generation() !== this.#generation) await this.sync()
    const { neighbours, plan } = planSearch(
      { matrix: this.#matrix, follower: this.#follower, ef: this.#options.ef },
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
    if (this.#options.source.generation() !== this.#generation) await this.sync()
    const { values, dimension } = this.#matrix
    return keys.map((key) => {
      const row = this.#matrix.rowOfKey(key)
      return row === undefined ? null : dot(vector, values, row * dimension)
    })
  }

  async sync(): Promise<void> {
    const changes = this.#options.source.changesAfter(this.#generation)
    if (!changes.complete) return this.#reopen()
    for (const label of changes.removed) {
      if (!this.#matrix.has(label)) continue
      this.#matrix.remove(label)
      this.#follower?.removed(label)
    }
    for (const vector of changes.added) {
      this.#matrix.add(vector)
      this.#follower?.added(vector.label)
    }
    this.#generation = changes.generation
    if (changes.added.length + changes.removed.length > 0) this.#changed()
  }

  async snapshot(): Promise<void> {
    await this.#building
    await this.#follower?.catchUp()
    await this.#save()
  }

  async rebuild(): Promise<void> {
    // Again and again, because several callers may have waited for the same build.
    while (this.#building) await this.#building
    const work = this.#build().finally(() => {
      this.#building = null
    })
    this.#building = work.catch(() => undefined)
    await work
  }

  async verify(): Promise<IndexVerification> {
    if (this.#options.source.generation() !== this.#generation) await this.sync()
    await this.#building
    if (!this.#options.readOnly) await this.#follower?.catchUp()
    const verdict = verifyGraph(this.#matrix, this.#follower, this.#options.ef)
    const { manifest } = this.#home
    const snapshot = manifest && { file: manifest.file, bytes: manifest.byteSize, generation: manifest.generation }
    return { ...verdict, vectors: this.#matrix.size, snapshot }
  }

  status(): IndexStatus {
    const degraded = this.#follower ? [] : [this.#building ? 'graph-rebuilding' : 'graph-missing']
    return {
      engine: this.#follower ? ENGINE : 'exact',
      generation: this.#generation,
      vectors: this.#matrix.size,
      inGraph: this.#follower ? this.#matrix.size - this.#follower.overlay.size : 0,
      ef: this.#options.ef,
      recallAt10: null,
      degraded,
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    await this.#building
    // The store is closed after the index, whatever happens here.
    if (this.#dirty) await this.snapshot().catch((error) => this.#options.events.onFailure('index_save_failed', error))
    else await this.#follower?.settled()
    this.#follower?.stop()
  }

  /** Reads every vector; what another process commits meanwhile comes again with the journal, which changes nothing. */
  #readAll(): void {
    const { generation, count, vectors } = this.#options.source.allVectors()
    this.#matrix = new VectorMatrix(this.#options.settings.dimension, count)
    for (const vector of vectors) this.#matrix.add(vector)
    this.#generation = generation
  }

  async #reopen(): Promise<void> {
    this.#readAll()
    this.#follower = this.#follower?.handOver(this.#matrix) ?? null
    this.#changed()
  }

  #adopt(graph: HnswGraph): void {
    this.#follower?.stop()
    this.#follower = new GraphFollower(graph, this.#matrix)
    const lacking = this.#follower.overlay.size
    if (lacking === 0 && this.#follower.unmarked === 0) return
    // After a build the graph only follows, however much came in meanwhile: building again might never end.
    if (lacking > MAX_LACKING * this.#matrix.size && !this.#building)
      this.#rebuildBecause('the snapshot is far behind the store')
    else this.#changed()
  }

  /** The graph follows in the background, and the snapshot the graph. */
  #changed(): void {
    const follower = this.#follower
    if (this.#options.readOnly || !follower) return
    this.#dirty = true
    follower
      .catchUp()
      .then(() => this.#rebuildIfWorn(follower))
      .catch((error) => this.#options.events.onFailure('index_build_failed', error))
    if (this.#closed) return
    this.#timer?.refresh()
    this.#timer ??= setTimeout(() => this.#saveLater(), SNAPSHOT_AFTER_MS).unref()
  }

  #rebuildIfWorn(follower: GraphFollower): void {
    const { deleted, count } = follower.graph
    if (follower === this.#follower && deleted > MAX_DELETED * count) this.#rebuildBecause('many papers were deleted')
  }

  #saveLater(): void {
    this.#timer = null
    if (this.#dirty && !this.#closed) {
      this.snapshot().catch((error) => this.#options.events.onFailure('index_save_failed', error))
    }
  }

  #rebuildBecause(reason: string): void {
    if (this.#options.readOnly || this.#building || this.#closed) return
    this.#options.events.onRebuild(reason)
    this.rebuild().catch((error) => this.#options.events.onFailure('index_build_failed', error))
  }

  async #build(): Promise<void> {
    const graph = await this.#home.build(this.#matrix, this.#generation)
    this.#dirty = false
    this.#adopt(graph)
  }

  async #save(): Promise<void> {
    const follower = this.#follower
    if (!follower || this.#options.readOnly) return
    this.#dirty = false
    const generation = this.#generation
    try {
      await follower.exclusively(() => this.#home.save(follower.graph, generation))
    } catch (error) {
      this.#dirty = true
      throw error
    }
  }
}

/**
 * Opens the index of a folder: reads the vectors, loads the graph's verified snapshot, and follows what the snapshot
 * lacks. Without a usable snapshot it answers exactly while a fresh graph is built on another thread.
 */
export const openVectorIndex = (options: IndexOptions): Promise<VectorIndex> => new LiveIndex(options).open()
