import { createRequire } from 'node:module'
import { helper } from '../disk/kernels-addon.ts'
import { PlainGraph } from './plain-graph.ts'

/**
 * hnswlib's index (inner product) behind whichever binding there is. Before anything else it is made or read. Methods
 * throw on what hnswlib refuses, but inputs are checked by whoever calls: `hnsw.ts` alone does.
 */
export interface NativeGraph {
  create(capacity: number, m: number, efConstruction: number): void
  /** Only for a file that was verified: a damaged one can end the process. */
  read(file: string): Promise<void>
  /** May report success whatever happens. */
  write(file: string): Promise<void>
  /**
   * A hint that this point will be added next: what it will be linked to is found on another thread, and then `add` takes
   * little. What comes of it is the same. Resolves when that is done; a change meanwhile makes it void.
   */
  prepare(vector: Float32Array, label: number): Promise<void>
  add(vector: Float32Array, label: number): void
  markDelete(label: number): void
  resize(capacity: number): void
  capacity(): number
  /** Points, marked as deleted or not. */
  count(): number
  labels(): Uint32Array
  /** Undefined where the label is marked as deleted. */
  point(label: number): Float32Array | undefined
  /** The width of the searches to come, at least their `k`. */
  setEf(ef: number): void
  /** Writes label and inner-product distance of each of the `k` nearest to `found`, nearest first; says how many. */
  search(query: Float32Array, k: number, found: Float64Array): number
  /** Writes the labels of what such a search keeps, `k` of them at most, in no order that means anything; says how many. */
  around(query: Float32Array, k: number, labels: Uint32Array): number
  /**
   * The same with label and similarity of each written to `found`, nearest first; the similarities have the bits that
   * `Scanner` gives them. Undefined where this cannot be: whoever asks compares.
   */
  compared(query: Float32Array, k: number, found: Float64Array): number | undefined
  /** As `around` for the point of a label, as `searchFrom` is `search`. */
  aroundFrom(label: number, k: number, labels: Uint32Array): number | undefined
  /**
   * As `search`, for the point of a label, which is then among them: the search begins there, which saves the way down from
   * the top of the graph. Undefined where there is no such point.
   */
  searchFrom(label: number, k: number, found: Float64Array): number | undefined
  /**
   * A hint that `searchFrom` will be called so in a moment, as wide as searches are now: another thread may begin with it.
   * What comes of it is the same.
   */
  searchAhead(label: number, k: number): void
  /** The same for `around`, or for `aroundFrom` where there is a label whose vector it is. */
  aroundAhead(query: Float32Array, k: number, label?: number): void
  /** The same for `compared`, or for `around` where that cannot be. */
  comparedAhead(query: Float32Array, k: number): void
  /** Forgets what was begun so; false while another thread is at such a search, which a change of the graph waits for. */
  forgetAhead(): boolean
}

export type NativeGraphType = new (dimension: number) => NativeGraph

interface Addon {
  readonly Graph: NativeGraphType
  /** A thread that searches ahead; without one nothing is. */
  useHelper(helper: object): void
}

const ADDON = '../../native/build/Release/graph.node'

/** Our own binding (native/graph.cc), which the installation compiles; null where it could not. */
function loadAddon(): NativeGraphType | null {
  try {
    // What it exports is written in native/graph.cc, where no compiler of ours looks.
    const addon = createRequire(import.meta.url)(ADDON) as Addon
    if (helper) addon.useHelper(helper)
    return addon.Graph
  } catch {
    return null
  }
}

export const FastGraph = loadAddon()

export const newGraph = (dimension: number): NativeGraph =>
  FastGraph ? new FastGraph(dimension) : new PlainGraph(dimension)
