import { fail } from '../domain/errors.ts'
import { GraphFollower } from './graph-follower.ts'
import { GraphHome } from './graph-home.ts'
import { type GraphSettings, HnswGraph } from './hnsw.ts'
import type { IndexEvents, IndexFailure } from './index-events.ts'
import { Later } from './later.ts'
import type { Manifest } from './manifest.ts'
import type { VectorMatrix } from './matrix.ts'

/** A graph with more deleted nodes than this share wanders among them. */
const MAX_DELETED = 0.2
/** A graph that lacks more than this share of the vectors is faster built anew than filled up. */
const MAX_LACKING = 0.5
/** Writes come in bursts; the snapshot waits until one is over. A build that failed is tried again after as long. */
const WAIT_MS = 5_000
/** A close lets a build end that is nearly done; a longer one is begun anew at the next start. */
const CLOSE_GRACE_MS = 3_000
/** Processes are ended in many ways while they build; when more than this many were, it may be the build. */
const UNSUSPECTED_BUILDS = 2

export interface KeeperOptions {
  readonly dir: string
  readonly fingerprint: string
  readonly databaseId: string
  readonly settings: GraphSettings
  /** Neither builds nor writes a graph: for one question on the command line. */
  readonly readOnly?: boolean | undefined
  /** Read only beside a process that writes: the graph follows in memory, and a better one is taken from the disk. */
  readonly follows?: boolean | undefined
  readonly events: IndexEvents
  /** Before a snapshot is written or a failed build tried again, in milliseconds. */
  readonly waitMs?: number | undefined
  /** How long a close waits for a build, in milliseconds. */
  readonly closeGraceMs?: number | undefined
}

/** What the graph is of, right now. */
interface Current {
  readonly matrix: VectorMatrix
  readonly generation: number
}

const isWorn = ({ graph }: GraphFollower): boolean => graph.deleted > MAX_DELETED * graph.count

/** Keeps a graph of the matrix: loads it, has it follow, writes it, and builds it anew where that is needed. */
export class GraphKeeper {
  readonly #options: KeeperOptions
  readonly #current: () => Current
  readonly #onGraph: () => void
  readonly #home: GraphHome
  readonly #saves: Later
  readonly #builds: Later
  #follower: GraphFollower | null = null
  #building: Promise<void> | null = null
  #dirty = false
  /** The snapshot that was looked at last, to be taken over from another process. */
  #seen: string | null = null
  #closed = false

  /** `onGraph` is told when another graph has taken its place. */
  constructor(options: KeeperOptions, current: () => Current, onGraph: () => void) {
    const { waitMs: afterMs = WAIT_MS, events } = options
    this.#options = options
    this.#current = current
    this.#onGraph = onGraph
    this.#home = new GraphHome(options)
    const later = (work: () => Promise<void>, what: IndexFailure) =>
      new Later({ afterMs, work, onFailure: (error) => events.onFailure(what, error) })
    this.#saves = later(() => this.#saveIfDirty(), 'index_save_failed')
    this.#builds = later(() => this.rebuild(), 'index_build_failed')
  }

  /** Null while there is no graph. */
  get follower(): GraphFollower | null {
    return this.#follower
  }

  get isBuilding(): boolean {
    return this.#building !== null
  }

  get manifest(): Manifest | null {
    return this.#home.manifest
  }

  async open(): Promise<void> {
    const { matrix, generation } = this.#current()
    if (!this.#options.readOnly) this.#home.tidy()
    this.#builds.failures = Math.max(0, (await this.#home.fatalBuilds()) - UNSUSPECTED_BUILDS)
    const loaded = await this.#home.load(generation)
    this.#seen = this.manifest?.file ?? null
    if ('graph' in loaded) {
      this.#adopt(loaded.graph)
      if (loaded.insteadOf !== null) await this.#replace(loaded.insteadOf)
    } else if (matrix.size === 0) this.#adopt(HnswGraph.create(this.#options.settings, 0))
    else this.#rebuildBecause(loaded.problem)
  }

  /** Where the graph is missing or worn, and another process has written one since, that one takes its place. */
  async takeOver(): Promise<void> {
    if (!this.#options.follows || this.#building || !this.#isPoor()) return
    const newest = await this.#home.newest()
    const { generation } = this.#current()
    if (!newest || newest.file === this.#seen || newest.generation > generation || this.#closed) return
    this.#seen = newest.file
    const loaded = await this.#home.load(generation)
    if ('graph' in loaded && !this.#closed) this.#adopt(loaded.graph)
  }

  /** The matrix was read anew. */
  followAnew(): void {
    this.#follower = this.#follower?.handOver(this.#current().matrix) ?? null
    this.changed()
  }

  /** The graph follows in the background, and the snapshot the graph. */
  changed(): void {
    const follower = this.#follower
    if (this.#isStill || !follower) return
    this.#dirty = !this.#options.readOnly
    follower
      .catchUp()
      .then(() => this.#rebuildIfWorn(follower))
      .catch((error) => this.#options.events.onFailure('index_build_failed', error))
    if (this.#dirty) this.#saves.ask()
  }

  /** Resolves when the graph holds what the matrix holds, where there is one. */
  async caughtUp(): Promise<void> {
    await this.#building
    if (!this.#isStill) await this.#follower?.catchUp()
  }

  async save(): Promise<void> {
    await this.#building
    await this.#follower?.catchUp()
    await this.#write()
  }

  async rebuild(): Promise<void> {
    // Again and again, because several callers may have waited for the same build.
    while (this.#building) await this.#building
    if (this.#closed) fail('INTERRUPTED', 'The index is closed.')
    const work = this.#build().finally(() => {
      this.#building = null
    })
    this.#building = work.catch(() => undefined)
    await work
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#saves.stop()
    this.#builds.stop()
    const patience = setTimeout(() => this.#home.stopBuilds(), this.#options.closeGraceMs ?? CLOSE_GRACE_MS)
    await this.#building
    clearTimeout(patience)
    // The store is closed after the index, whatever happens here.
    if (this.#dirty) await this.save().catch((error) => this.#options.events.onFailure('index_save_failed', error))
    else await this.#follower?.settled()
    this.#follower?.stop()
  }

  #adopt(graph: HnswGraph): void {
    const { matrix } = this.#current()
    this.#follower?.stop()
    this.#follower = new GraphFollower(graph, matrix)
    this.#onGraph()
    const lacking = this.#follower.overlay.size
    if (lacking === 0 && this.#follower.unmarked === 0) return
    // After a build the graph only follows, however much came in meanwhile: building again might never end.
    if (lacking > MAX_LACKING * matrix.size && !this.#building)
      this.#rebuildBecause('the snapshot is far behind the store')
    else this.changed()
  }

  /** Writes a new snapshot in the place of a damaged one. */
  async #replace(reason: string): Promise<void> {
    this.#options.events.onFallback(reason)
    if (!this.#options.readOnly) await this.#home.dropNewest()
    this.changed()
  }

  /** The graph stays as it was loaded. */
  get #isStill(): boolean {
    return this.#options.readOnly === true && !this.#options.follows
  }

  /** Whether a graph that another process has built would be the better one. */
  #isPoor(): boolean {
    const follower = this.#follower
    return !follower || isWorn(follower) || follower.overlay.size > MAX_LACKING * this.#current().matrix.size
  }

  #rebuildIfWorn(follower: GraphFollower): void {
    if (follower === this.#follower && isWorn(follower)) this.#rebuildBecause('many papers were deleted')
  }

  #rebuildBecause(reason: string): void {
    if (this.#options.readOnly || this.#building || this.#closed) return
    this.#options.events.onRebuild(reason)
    if (this.#builds.failures === 0) this.#builds.run()
    else this.#builds.ask()
  }

  async #build(): Promise<void> {
    const { matrix, generation } = this.#current()
    const graph = await this.#home.build(matrix, generation)
    this.#dirty = false
    this.#adopt(graph)
  }

  async #saveIfDirty(): Promise<void> {
    if (this.#dirty) await this.save()
  }

  async #write(): Promise<void> {
    const follower = this.#follower
    if (!follower || this.#options.readOnly) return
    this.#dirty = false
    const { generation } = this.#current()
    try {
      await follower.exclusively(() => this.#home.save(follower.graph, generation))
    } catch (error) {
      this.#dirty = true
      throw error
    }
  }
}
