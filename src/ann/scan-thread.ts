import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { ScanResult, ScanTask } from './scan-worker.ts'
import type { Found, SharedVectors } from './scanner.ts'

// Resolved through package.json, because it is the compiled file that a thread can run, also when this one is not.
const WORKER = createRequire(import.meta.url).resolve('#scan-worker')

export type Scan = Pick<ScanTask, 'matrix' | 'vector' | 'rows' | 'count' | 'next'>

interface Waiting {
  readonly resolve: (found: readonly Found[]) => void
  readonly reject: (error: Error) => void
}

/** A thread that scans, one task after the other. It holds the process only while there is one. */
export class ScanThread {
  readonly #slot: number
  readonly #worker = new Worker(WORKER)
  readonly #waiting = new Map<number, Waiting>()
  readonly #gone: Promise<void>
  #isGone = false
  #tasks = 0
  /** The matrix that it was given last. */
  #matrix = 0

  constructor(slot: number) {
    this.#slot = slot
    this.#worker.unref()
    this.#worker.on('message', ({ task, found }: ScanResult) => this.#settle(task, ({ resolve }) => resolve(found)))
    // An exit follows.
    this.#worker.on('error', () => undefined)
    this.#gone = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.#isGone = true
        const error = new Error(`a thread that scans vectors ended with ${code}`)
        for (const task of [...this.#waiting.keys()]) this.#settle(task, ({ reject }) => reject(error))
        resolve()
      })
    })
  }

  get slot(): number {
    return this.#slot
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** What it found in its share of the rows. Rejects where the thread ends before. */
  scan(scan: Scan, vectors: SharedVectors): Promise<readonly Found[]> {
    this.#tasks += 1
    const task = this.#tasks
    const shared = scan.matrix === this.#matrix ? null : vectors
    this.#matrix = scan.matrix
    const done = new Promise<readonly Found[]>((resolve, reject) => this.#waiting.set(task, { resolve, reject }))
    this.#worker.ref()
    this.#worker.postMessage({ ...scan, task, shared, slot: this.#slot } satisfies ScanTask)
    return done
  }

  /** Resolves when what it was asked for is answered and the thread is gone. */
  end(): Promise<void> {
    this.#worker.ref()
    this.#worker.postMessage('end')
    return this.#gone
  }

  #settle(task: number, how: (waiting: Waiting) => void): void {
    const waiting = this.#waiting.get(task)
    if (!waiting) return
    this.#waiting.delete(task)
    if (this.#waiting.size === 0) this.#worker.unref()
    how(waiting)
  }
}
