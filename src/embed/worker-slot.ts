import type { Task } from './call.ts'
import type { ModelRequest, WorkerReply } from './protocol.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'

/** Many times what reading a model from a slow disk takes. */
const LOAD_LIMIT_MS = 5 * 60_000
const TEXT_LIMIT_MS = 60_000
const GROWTH_LIMIT = 512 * 1024 * 1024

export interface SlotOptions {
  /** The program of a worker; see worker-process.ts. */
  readonly script: string
  readonly load: ModelRequest
  /** A worker that takes longer over one text, or pair of texts, hangs and is ended. */
  readonly textLimitMs?: number | undefined
  /** How much a worker may grow over what it was with its model loaded, in bytes, before another takes its place. */
  readonly growthLimit?: number | undefined
}

interface SlotEvents {
  onReply(slot: Slot, reply: WorkerReply): void
  onExit(slot: Slot, reason: string): void
}

/** A worker and what it does right now. */
export class Slot {
  readonly worker: WorkerProcess
  readonly #options: SlotOptions
  /** Null until its model is loaded. */
  #loadedSize: number | null = null
  #size = 0
  #task: Task | null = null
  #alarm: NodeJS.Timeout | null = null

  constructor(options: SlotOptions, events: SlotEvents) {
    this.#options = options
    this.worker = startWorkerProcess(options.script, {
      onReply: (reply) => {
        this.#note(reply)
        events.onReply(this, reply)
      },
      onExit: (reason) => {
        this.#expect(null)
        events.onExit(this, reason)
      },
    })
    this.worker.send(options.load)
    this.#expect(LOAD_LIMIT_MS)
  }

  get isReady(): boolean {
    return this.#loadedSize !== null
  }

  get task(): Task | null {
    return this.#task
  }

  /** What leaks in native code is given back by no one but the system. */
  get isOvergrown(): boolean {
    const { growthLimit = GROWTH_LIMIT } = this.#options
    return this.#loadedSize !== null && this.#size - this.#loadedSize > growthLimit
  }

  give(task: Task): void {
    this.#task = task
    this.worker.send(task.request)
    this.#expect(this.#options.textLimitMs ?? TEXT_LIMIT_MS)
  }

  /** The task that was under way, which no longer is. */
  take(): Task | null {
    const task = this.#task
    this.#task = null
    return task
  }

  async close(): Promise<void> {
    this.#expect(null)
    await this.worker.close()
  }

  #note(reply: WorkerReply): void {
    if (reply.type === 'progress') return
    this.#expect(null)
    if (reply.type === 'ready') this.#loadedSize = reply.rss
    if ('rss' in reply) this.#size = reply.rss
  }

  /** Null: nothing. */
  #expect(withinMs: number | null): void {
    if (this.#alarm) clearTimeout(this.#alarm)
    this.#alarm = withinMs === null ? null : setTimeout(() => this.#end(withinMs), withinMs)
    // The worker itself holds the process while there is something to wait for.
    this.#alarm?.unref()
  }

  #end(afterMs: number): void {
    this.worker.kill(`ended after ${afterMs / 1000} s without an answer`)
  }
}
