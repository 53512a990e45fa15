import { rm } from 'node:fs/promises'
import { buildGraph } from './build.ts'
import type { GraphSettings, HnswGraph } from './hnsw.ts'
import type { Manifest } from './manifest.ts'
import type { VectorMatrix } from './matrix.ts'
import {
  commitSnapshot,
  type LoadedSnapshot,
  loadSnapshot,
  type Origin,
  saveSnapshot,
  temporaryGraphFile,
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

  /** The snapshot, if it is of a generation up to this one; or why it cannot be used. */
  async load(generation: number): Promise<LoadedSnapshot | { readonly problem: string }> {
    const loaded = await loadSnapshot(this.#home.dir, this.#origin(generation))
    if ('graph' in loaded) this.manifest = loaded.manifest
    return loaded
  }

  async save(graph: HnswGraph, generation: number): Promise<void> {
    this.manifest = await saveSnapshot(this.#home.dir, this.#origin(generation), graph)
  }

  /** Another thread builds and writes; what it wrote is verified like any snapshot before it is loaded. */
  async build(matrix: VectorMatrix, generation: number): Promise<HnswGraph> {
    const temporary = temporaryGraphFile(this.#home.dir)
    const { count, done } = buildGraph(matrix, this.#home.settings, temporary)
    await done.catch(async (error) => {
      await rm(temporary, { force: true })
      throw error
    })
    await commitSnapshot(this.#home.dir, this.#origin(generation), { temporary, count })
    const loaded = await this.load(generation)
    if ('graph' in loaded) return loaded.graph
    throw new Error(`the graph that was just built cannot be loaded: ${loaded.problem}`)
  }
}
