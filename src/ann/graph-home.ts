import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeLeftovers } from '../disk/leftovers.ts'
import { fail } from '../domain/errors.ts'
import { attempt, fatalAttempts } from './attempts.ts'
import { type Build, buildGraph } from './build.ts'
import type { GraphSettings, HnswGraph } from './hnsw.ts'
import { Lock } from './lock.ts'
import { MANIFEST_FILE, type Manifest, readManifest } from './manifest.ts'
import type { VectorMatrix } from './matrix.ts'
import {
  commitSnapshot,
  dropNewest,
  type LoadedSnapshot,
  loadSnapshot,
  type Origin,
  saveSnapshot,
  temporaryGraphFile,
  type WrittenGraph,
} from './snapshot.ts'

interface Home {
  readonly dir: string
  readonly settings: GraphSettings
  readonly fingerprint: string
  readonly databaseId: string
}

/** Where the graph of one store and one model lives on disk. */
export class GraphHome {
  readonly #home: Home
  /** Each commit clears up what it replaced, so two at a time would take each other's files away. */
  readonly #commits = new Lock()
  #build: Build | null = null
  #stopped = false
  /** Of the snapshot that was last loaded or written. */
  manifest: Manifest | null = null

  constructor({ dir, settings, fingerprint, databaseId }: Home) {
    this.#home = { dir, settings, fingerprint, databaseId }
  }

  get settings(): GraphSettings {
    return this.#home.settings
  }

  #origin(generation: number): Origin {
    const { settings, fingerprint, databaseId } = this.#home
    return { settings, fingerprint, databaseId, generation }
  }

  get #building() {
    return { dir: this.#home.dir, kind: 'build', subject: this.#home.fingerprint } as const
  }

  /** The newest snapshot that is whole and of a generation up to this one; or why there is none. */
  async load(generation: number): Promise<LoadedSnapshot | { readonly problem: string }> {
    const loaded = await loadSnapshot(this.#home.dir, this.#origin(generation))
    if ('graph' in loaded) this.manifest = loaded.manifest
    return loaded
  }

  /** What the newest snapshot says of itself, whether it is usable or not. */
  async newest(): Promise<Manifest | null> {
    const manifest = await readManifest(join(this.#home.dir, MANIFEST_FILE))
    return typeof manifest === 'string' ? null : manifest
  }

  /** After a load that had to be of the one before. */
  dropNewest(): Promise<void> {
    return dropNewest(this.#home.dir)
  }

  async save(graph: HnswGraph, generation: number): Promise<void> {
    await this.#commits.hold(async () => {
      this.manifest = await saveSnapshot(this.#home.dir, this.#origin(generation), graph)
    })
  }

  /** How many processes did not survive building this graph, whatever ended them. */
  fatalBuilds(): Promise<number> {
    return fatalAttempts(this.#building)
  }

  /** What processes that have died left half written. */
  tidy(): void {
    removeLeftovers(this.#home.dir)
  }

  /**
   * Another thread builds and writes; what it wrote is verified like any snapshot before it is loaded. Throws
   * INTERRUPTED after stopBuilds().
   */
  async build(matrix: VectorMatrix, generation: number): Promise<HnswGraph> {
    const graph = await attempt(this.#building, () => this.#buildAndLoad(matrix, generation))
    removeLeftovers(this.#home.dir, undefined, 'attempt')
    return graph
  }

  /** Ends a build that is under way, and begins none any more. */
  stopBuilds(): void {
    this.#stopped = true
    this.#build?.stop()
  }

  async #buildAndLoad(matrix: VectorMatrix, generation: number): Promise<HnswGraph> {
    const temporary = temporaryGraphFile(this.#home.dir)
    if (this.#stopped) fail('INTERRUPTED', 'The index was closed before its graph was built.')
    const build = buildGraph(matrix, this.#home.settings, temporary)
    this.#build = build
    try {
      await build.done
      return await this.#commits.hold(() => this.#commitAndLoad({ temporary, count: build.count }, generation))
    } finally {
      this.#build = null
      await rm(temporary, { force: true })
    }
  }

  async #commitAndLoad(written: WrittenGraph, generation: number): Promise<HnswGraph> {
    await commitSnapshot(this.#home.dir, this.#origin(generation), written)
    const loaded = await this.load(generation)
    if ('graph' in loaded && loaded.insteadOf === null) return loaded.graph
    const problem = 'problem' in loaded ? loaded.problem : loaded.insteadOf
    throw new Error(`the graph that was just built cannot be loaded: ${problem}`)
  }
}
