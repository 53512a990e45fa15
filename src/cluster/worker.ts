import cluster, { type Worker } from 'node:cluster'
import type { Notice, Order, Role, Serving } from './messages.ts'
import { restartDelay } from './restart-delay.ts'

/** A process that served for so long did not die of its start. */
const STEADY_MS = 10_000

export interface WorkerEvents {
  onNotice(worker: ServingWorker, notice: Notice): void
  onExit(worker: ServingWorker, exit: Exit): void
}

export interface Exit {
  readonly pid: number | undefined
  readonly code: number | null
  readonly signal: string | null
  /** When another one starts in its place, in milliseconds; null where none does. */
  readonly restartMs: number | null
}

/** A process that serves, and those that take its place when it dies. */
export class ServingWorker {
  readonly role: Role
  readonly number: number
  readonly #events: WorkerEvents
  #process: Worker | null = null
  #serving: Serving | null = null
  #servingSince = 0
  #deathsInARow = 0
  #retry: NodeJS.Timeout | null = null
  #isStopping = false
  #gone: Promise<void> = Promise.resolve()

  constructor(role: Role, number: number, events: WorkerEvents) {
    this.role = role
    this.number = number
    this.#events = events
  }

  /** Null while it does not serve. */
  get serving(): Serving | null {
    return this.#serving
  }

  get pid(): number | undefined {
    return this.#process?.process.pid
  }

  /** Starts it. Resolves when it serves, or with how it ended before that. */
  start(): Promise<Serving | Exit> {
    this.#retry = null
    const child = cluster.fork()
    this.#process = child
    return new Promise((resolve) => {
      child.on('message', (notice: Notice) => {
        if (notice.type === 'ready') this.#begin()
        else if (notice.type === 'serving') {
          this.#serving = notice
          this.#servingSince = performance.now()
          resolve(notice)
        }
        this.#events.onNotice(this, notice)
      })
      this.#gone = new Promise((gone) => {
        child.once('exit', (code, signal) => {
          const exit = this.#ended({ pid: child.process.pid, code, signal })
          resolve(exit)
          gone()
          this.#events.onExit(this, exit)
        })
      })
    })
  }

  send(order: Order): void {
    // It fails only where the process is gone, and its exit is told anyway.
    if (this.#process?.isConnected()) this.#process.send(order, () => {})
  }

  /** Lets it finish what is in flight. Resolves when it is gone. */
  stop(): Promise<void> {
    this.#isStopping = true
    if (this.#retry) clearTimeout(this.#retry)
    this.send({ type: 'stop' })
    return this.#gone
  }

  #begin(): void {
    this.send({ type: 'start', role: this.role, number: this.number })
    if (this.#isStopping) this.send({ type: 'stop' })
  }

  #ended(exit: Omit<Exit, 'restartMs'>): Exit {
    const wasSteady = this.#serving !== null && performance.now() - this.#servingSince > STEADY_MS
    this.#serving = null
    this.#process = null
    if (this.#isStopping) return { ...exit, restartMs: null }
    this.#deathsInARow = wasSteady ? 1 : this.#deathsInARow + 1
    const restartMs = restartDelay(this.#deathsInARow)
    this.#retry = setTimeout(() => void this.start(), restartMs)
    return { ...exit, restartMs }
  }
}
