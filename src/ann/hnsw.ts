import { failpoint } from '../domain/failpoint.ts'
import { type NativeGraph, newGraph } from './native-graph.ts'

/**
 * Settings of the graph (Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
 * Hierarchical Navigable Small World graphs", 2018): `m` links a node, `efConstruction` the width of the search that
 * finds them. Both are fixed for the life of a graph.
 */
export interface GraphSettings {
  readonly dimension: number
  readonly m: number
  readonly efConstruction: number
}

export interface GraphNeighbour {
  readonly label: number
  readonly similarity: number
}

/** Room for growth, so that a graph is not resized for each paper. */
export const roomFor = (count: number): number => Math.max(1_024, Math.ceil(count * 1.25))

/** hnswlib-node takes labels as uint32 and wraps larger ones silently. */
const MAX_LABEL = 2 ** 32 - 1

const NOBODY = new Uint32Array(0)

/** hnswlib's graph over unit vectors. Every input is checked here, because the native side ends the process on some. */
export class HnswGraph {
  readonly settings: GraphSettings
  readonly #native: NativeGraph
  readonly #labels: Set<number>
  readonly #deleted = new Set<number>()
  /** What a search finds is written there, so that none makes arrays. */
  #found = new Float64Array(0)
  #around = new Uint32Array(0)

  private constructor(settings: GraphSettings, native: NativeGraph) {
    this.settings = settings
    this.#native = native
    this.#labels = new Set(native.labels())
  }

  static create(settings: GraphSettings, capacity: number): HnswGraph {
    const native = newGraph(settings.dimension)
    native.create(roomFor(capacity), settings.m, settings.efConstruction)
    return new HnswGraph(settings, native)
  }

  /** Only for a file whose checksum was verified: a damaged one can end the process. */
  static async read(settings: GraphSettings, file: string): Promise<HnswGraph> {
    const native = newGraph(settings.dimension)
    await native.read(file)
    return new HnswGraph(settings, native)
  }

  /** Labels in the graph, marked as deleted or not. */
  get labels(): ReadonlySet<number> {
    return this.#labels
  }

  get count(): number {
    return this.#native.count()
  }

  /** How many nodes are known to be marked as deleted. */
  get deleted(): number {
    return this.#deleted.size
  }

  /** A loaded graph does not list its marks, but it gives no vector for a marked label. */
  isDeleted(label: number): boolean {
    if (this.#deleted.has(label)) return true
    if (this.#native.point(label)) return false
    this.#deleted.add(label)
    return true
  }

  /** Forgets what was begun ahead; false while another thread is at such a search: a change would wait for it. */
  forgetAhead(): boolean {
    return this.#native.forgetAhead()
  }

  /** Finds on another thread what `add` of the same will link, if nothing changes until then: adding it takes little then. */
  async prepare(label: number, vector: Float32Array): Promise<void> {
    if (this.#labels.has(label)) return
    this.#expect(label, vector)
    await this.#native.prepare(vector, label)
  }

  add(label: number, vector: Float32Array): void {
    if (this.#labels.has(label)) return
    this.#expect(label, vector)
    this.#native.add(vector, label)
    this.#labels.add(label)
  }

  /** Checks a point that is new, and makes room for it. */
  #expect(label: number, vector: Float32Array): void {
    if (!Number.isInteger(label) || label < 0 || label > MAX_LABEL) throw new RangeError(`label ${label} is no uint32`)
    if (vector.length !== this.settings.dimension || !vector.every(Number.isFinite)) {
      // One NaN in the graph misleads every later search.
      throw new RangeError('a vector of the graph must be finite and of its dimension')
    }
    if (this.count >= this.#native.capacity()) this.#native.resize(roomFor(this.count + 1))
  }

  /** Marks, never removes: hnswlib's graph keeps the node as a stepping stone until it is rebuilt. */
  markDeleted(label: number): void {
    if (!this.#labels.has(label) || this.isDeleted(label)) return
    this.#native.markDelete(label)
    this.#deleted.add(label)
  }

  /** Throws RangeError where the label is unknown or marked as deleted. */
  vectorOf(label: number): Float32Array {
    const vector = this.#native.point(label)
    if (!vector) throw new RangeError(`the graph has no vector for the label ${label}`)
    return vector
  }

  /**
   * At most `k` nearest, nearest first. `ef` is the search width; hnswlib needs at least k. Where the vector is that of a
   * label, `from` says so, and the search begins there.
   */
  search(
    vector: Float32Array,
    k: number,
    { ef, from }: { readonly ef: number; readonly from?: number | undefined },
  ): GraphNeighbour[] {
    const wanted = this.#prepare(k, ef)
    if (wanted <= 0) return []
    this.#makeRoom(wanted)
    const begun = from === undefined ? undefined : this.#native.searchFrom(from, wanted, this.#found)
    const count = begun ?? this.#native.search(vector, wanted, this.#found)
    const neighbours: GraphNeighbour[] = []
    for (let at = 0; at < 2 * count; at += 2) {
      neighbours.push({ label: this.#found[at] as number, similarity: 1 - (this.#found[at + 1] as number) })
    }
    return neighbours
  }

  /** Another thread may begin with what `search` will be asked for a label in a moment; it finds the same. */
  searchAhead(label: number, k: number, ef: number): void {
    const wanted = this.#prepare(k, ef)
    if (wanted > 0) this.#native.searchAhead(label, wanted)
  }

  /** The same for `around`. */
  aroundAhead(vector: Float32Array, ef: number, from?: number): void {
    const wanted = this.#prepare(ef, ef)
    if (wanted > 0) this.#native.aroundAhead(vector, wanted, from)
  }

  /** The same for `compared`, or for `around` where that cannot be. */
  comparedAhead(vector: Float32Array, ef: number): void {
    const wanted = this.#prepare(ef, ef)
    if (wanted > 0) this.#native.comparedAhead(vector, wanted)
  }

  /** How many there can be. */
  #prepare(k: number, ef: number): number {
    const wanted = Math.min(k, this.count - this.deleted)
    if (wanted > 0) this.#native.setEf(Math.max(ef, wanted))
    return wanted
  }

  /** Labels of what such a search `ef` wide keeps, in no order; valid until the next call. */
  around(vector: Float32Array, ef: number, from?: number): Uint32Array {
    const wanted = this.#prepare(ef, ef)
    if (wanted <= 0) return NOBODY
    if (this.#around.length < wanted) this.#around = new Uint32Array(2 * wanted)
    const begun = from === undefined ? undefined : this.#native.aroundFrom(from, wanted, this.#around)
    return this.#around.subarray(0, begun ?? this.#native.around(vector, wanted, this.#around))
  }

  /**
   * The label and the similarity of each in turn, nearest first; valid until the next call. The similarities have the bits
   * that `Scanner` gives them. Undefined where this cannot be: whoever asks compares with what is `around`.
   */
  compared(vector: Float32Array, ef: number): Float64Array | undefined {
    const wanted = this.#prepare(ef, ef)
    this.#makeRoom(wanted)
    const count = wanted > 0 ? this.#native.compared(vector, wanted, this.#found) : 0
    return count === undefined ? undefined : this.#found.subarray(0, 2 * count)
  }

  #makeRoom(wanted: number): void {
    if (this.#found.length < 2 * wanted) this.#found = new Float64Array(4 * wanted)
  }

  /** Reports success whatever happens; see snapshot.ts for the check. */
  async write(file: string): Promise<void> {
    const written = this.#native.write(file)
    failpoint('save-half-way')
    await written
  }
}
