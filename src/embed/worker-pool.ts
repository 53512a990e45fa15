import { fail } from '../domain/errors.ts'
import type { EmbedKind } from '../domain/ports.ts'
import { Call, type Task } from './call.ts'
import type { Failure, LoadRequest, WorkerReply } from './protocol.ts'
import { restartDelay } from './restart-delay.ts'
import { TaskQueue } from './task-queue.ts'
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts'

/** A text is given up after this many workers ended with it: it may be what ends them. */
const MAX_DEATHS = 3

interface PoolOptions {
  /** The program of a worker; see worker-process.ts. */
  readonly script: string
  /** At most this many workers at a time. */
  readonly size: number
  readonly load: LoadRequest
}

interface Slot {
  readonly worker: WorkerProcess
  /** Its model is loaded. */
  ready: boolean
  task: Task | null
}

/**
 * Worker processes that embed one text at a time each. They start when texts wait, and only as many as texts wait; a
 * process rather than a thread, because a fault in native code then ends a worker and not Kindred.
 */
export class WorkerPool {
  readonly #options: PoolOptions
  readonly #queue = new TaskQueue<Task>()
  readonly #slots = new Set<Slot>()
  readonly #calls = new Set<Call>()
  #deathsInARow = 0
  #retry: NodeJS.Timeout | null = null
  #closing: Promise<void> | null = null

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** Process ids of the workers that run right now. */
  get pids(): number[] {
    return [...this.#slots].flatMap(({ worker }) => worker.pid ?? [])
  }

  async embed(texts: readonly string[], kind: EmbedKind, signal?: AbortSignal): Promise<Float32Array[]> {
    if (this.#closing !== null) fail('INTERRUPTED', 'The embedder is closed.')
    if (signal?.aborted) fail('INTERRUPTED')
    if (texts.length === 0) return []
    const call = new Call(texts.length)
    const stopped = { code: 'INTERRUPTED', detail: 'The embedding was stopped.' } as const
    const onAbort = (): void => this.#failCall(call, stopped)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#calls.add(call)
    for (const [index, text] of texts.entries()) this.#queue.add({ call, index, text, kind, deaths: 0 })
    this.#pump()
    try {
      return await call.vectors
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#calls.delete(call)
      this.#pump()
    }
  }

  /** Ends the workers; what is under way fails with INTERRUPTED. */
  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  async #end(): Promise<void> {
    this.#stopRetry()
    for (const call of this.#calls) this.#failCall(call, { code: 'INTERRUPTED', detail: 'The embedder was closed.' })
    const workers = [...this.#slots].map(({ worker }) => worker)
    this.#slots.clear()
    await Promise.all(workers.map((worker) => worker.close()))
  }

  /** Hands texts to idle workers, and starts workers for those that are left. */
  #pump(): void {
    if (this.#closing !== null) return
    for (const slot of this.#slots) if (slot.ready && slot.task === null) this.#give(slot)
    this.#startWorkers()
    const busy = this.#queue.size > 0 || [...this.#slots].some((slot) => slot.task !== null)
    for (const slot of this.#slots) slot.worker.hold(busy)
    if (!busy) this.#stopRetry()
  }

  #give(slot: Slot): void {
    const task = this.#queue.take()
    if (task === undefined) return
    slot.task = task
    slot.worker.send({ type: 'embed', text: task.text })
  }

  #startWorkers(): void {
    if (this.#retry !== null) return
    const starting = [...this.#slots].filter((slot) => !slot.ready).length
    const wanted = Math.min(this.#queue.size - starting, this.#options.size - this.#slots.size)
    for (let count = 0; count < wanted; count += 1) this.#start()
  }

  #start(): void {
    const worker = startWorkerProcess(this.#options.script, {
      onReply: (reply) => this.#onReply(slot, reply),
      onExit: (reason) => this.#onExit(slot, reason),
    })
    const slot: Slot = { worker, ready: false, task: null }
    this.#slots.add(slot)
    worker.send(this.#options.load)
  }

  #onReply(slot: Slot, reply: WorkerReply): void {
    if (reply.type === 'ready') slot.ready = true
    else if (reply.type === 'unready') this.#onUnready(slot, reply)
    else if (reply.type !== 'progress') this.#onResult(slot, reply)
    this.#pump()
  }

  #onResult(slot: Slot, reply: Extract<WorkerReply, { type: 'vector' | 'failed' }>): void {
    const { task } = slot
    slot.task = null
    this.#deathsInARow = 0
    if (task === null) return
    if (reply.type === 'vector') task.call.put(task.index, reply.vector)
    else this.#failCall(task.call, { code: reply.code, detail: `Text ${task.index}: ${reply.detail}` })
  }

  /** The model cannot be loaded: another worker would fail alike, so everything that waits fails now. */
  #onUnready(slot: Slot, { code, detail }: Failure): void {
    this.#slots.delete(slot)
    void slot.worker.close()
    for (const call of this.#calls) this.#failCall(call, { code, detail })
  }

  #onExit(slot: Slot, reason: string): void {
    this.#slots.delete(slot)
    this.#deathsInARow += 1
    // A worker that ended while loading had no text: the next one in the queue counts it, so that a model that ends
    // every worker fails calls instead of starting workers for ever.
    const task = slot.task ?? (slot.ready ? undefined : this.#queue.take())
    if (task !== undefined) this.#tryAgain(task, reason)
    this.#delayStarts()
    this.#pump()
  }

  #tryAgain(task: Task, reason: string): void {
    if (!this.#calls.has(task.call)) return
    task.deaths += 1
    const detail = `Text ${task.index}: ${MAX_DEATHS} workers ended with it (${reason}).`
    if (task.deaths < MAX_DEATHS) this.#queue.putBack(task)
    else this.#failCall(task.call, { code: 'EMBEDDING_FAILED', detail })
  }

  /** Fails a call; the rest of its texts is of no use to anybody. */
  #failCall(call: Call, failure: Failure): void {
    call.fail(failure.code, failure.detail)
    this.#queue.drop((task) => task.call === call)
  }

  #delayStarts(): void {
    const delay = restartDelay(this.#deathsInARow)
    if (delay === 0 || this.#retry !== null || this.#closing !== null) return
    this.#retry = setTimeout(() => {
      this.#retry = null
      this.#pump()
    }, delay)
  }

  #stopRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry)
    this.#retry = null
  }
}
