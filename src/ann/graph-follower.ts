import { ownTurn } from '../domain/own-turn.ts'
import type { HnswGraph } from './hnsw.ts'
import { Lock } from './lock.ts'
import type { VectorMatrix } from './matrix.ts'

/**
 * Brings a graph up to the matrix, a change in a turn. What the graph lacks is `overlay` and is scanned exactly until
 * then, so no answer depends on how far this has come. It also is the graph's lock: hnswlib may not change while it
 * is written to a file.
 */
export class GraphFollower {
  readonly graph: HnswGraph
  readonly #matrix: VectorMatrix
  /** Labels of the matrix that are not in the graph yet. */
  readonly overlay = new Set<number>()
  /** Labels in the graph that are deleted, but not marked yet. */
  readonly #unmarked = new Set<number>()
  #work: Promise<void> = Promise.resolve()
  #running = false
  readonly #lock: Lock
  #stopped = false

  constructor(graph: HnswGraph, matrix: VectorMatrix, lock = new Lock()) {
    this.graph = graph
    this.#matrix = matrix
    this.#lock = lock
    for (const label of matrix.labels()) if (!graph.labels.has(label)) this.overlay.add(label)
    for (const label of graph.labels) if (!matrix.has(label) && !graph.isDeleted(label)) this.#unmarked.add(label)
  }

  /** Deleted labels that a search of the graph may still return. */
  get unmarked(): number {
    return this.#unmarked.size
  }

  added(label: number): void {
    if (!this.graph.labels.has(label)) this.overlay.add(label)
  }

  removed(label: number): void {
    if (!this.overlay.delete(label)) this.#unmarked.add(label)
  }

  /** Resolves when the graph holds what the matrix holds. */
  catchUp(): Promise<void> {
    if (!this.#running && !this.#stopped) {
      this.#running = true
      this.#work = this.exclusively(() => this.#follow())
    }
    return this.#work
  }

  /** Runs work on the graph while nothing else changes it. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#lock.hold(work)
  }

  /** Resolves when nothing that was begun is under way any more, whether it went well or not. */
  settled(): Promise<void> {
    return this.#lock.settled()
  }

  /** After this the graph stays as it is. */
  stop(): void {
    this.#stopped = true
  }

  /** Hands the graph on to a follower of another matrix, which first waits for what was begun here. */
  handOver(matrix: VectorMatrix): GraphFollower {
    this.stop()
    return new GraphFollower(this.graph, matrix, this.#lock)
  }

  async #follow(): Promise<void> {
    try {
      // Between two changes the event loop answers requests.
      do {
        await this.#prepare()
        await ownTurn()
      } while (!this.#stopped && this.#step())
    } finally {
      // In the turn of the last step: a change that comes later must find that nobody follows any more.
      this.#running = false
    }
  }

  /** What takes most of a step that adds a point, which is .8 ms, is done on another thread. */
  async #prepare(): Promise<void> {
    // In a later turn, then: whoever searches ahead may have no processor now, and to make room is a change.
    if (this.#stopped || this.#unmarked.size > 0 || !this.graph.forgetAhead()) return
    const point = this.#nextPoint()
    if (point?.vector) await this.graph.prepare(point.label, point.vector)
  }

  /** The point that is added next; without a vector where it is gone. */
  #nextPoint(): { label: number; vector: Float32Array | undefined } | undefined {
    const [label] = this.overlay
    if (label === undefined) return undefined
    const row = this.#matrix.rowOfLabel(label)
    return { label, vector: row === undefined ? undefined : this.#matrix.vectorAt(row) }
  }

  /** One change of the graph; false where there is none left. */
  #step(): boolean {
    // In a later turn, then: that thread may have no processor now.
    if (!this.graph.forgetAhead()) return true
    const [deleted] = this.#unmarked
    if (deleted !== undefined) {
      this.graph.markDeleted(deleted)
      return this.#unmarked.delete(deleted)
    }
    const point = this.#nextPoint()
    if (point === undefined) return false
    if (point.vector) this.graph.add(point.label, point.vector)
    return this.overlay.delete(point.label)
  }
}
