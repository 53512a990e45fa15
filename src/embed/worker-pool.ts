import { fail } from '../domain/errors.ts'
import type { EmbedKind } from '../domain/models.ts'
import { Call, type Task } from './call.ts'
import type { Engine, Failure, WorkerReply, WorkRequest } from './protocol.ts'
import { restartDelay } from './restart-delay.ts'
import { TaskQueue } from './task-queue.ts'
import { Slot, type SlotOptions } from './worker-slot.ts'

/** A text is given up after this many workers ended with it, and the model after as many ended while they loaded it. */
const MAX_DEATHS = 3

export interface PoolOptions extends SlotOptions {
  /** At most this many workers at a time. */
  readonly size: number
  /** So many of them start at once, and load their model before a text comes; none by default. */
  readonly warm?: number | undefined
  /** A worker is gone and another takes its place: it `died`, or had `grown` too large. */
  readonly onReplaced?: ((why: 'died' | 'grown') => void) | undefined
  /** A worker has loaded its model. */
  readonly onReady?: ((engine: Engine | undefined) => void) | undefined
  /** No call is taken while so many texts wait; any number by default. */
  readonly maxWaiting?: number | undefined
}

/** Which of several texts it is. */
const nameOf = ({ call, index }: Task): string => (call.size > 1 ? `Text ${index}: ` : '')

/**
 * Worker processes that take one text, or pair of texts, at a time each. They start when texts wait, and only as many
 * as texts wait, but for those that are warm; a process rather than a thread, because a fault in native code then ends a
 * worker and not Kindred.
 */
export class WorkerPool {
  readonly #options: PoolOptions
  readonly #queue = new TaskQueue<Task>()
  readonly #slots = new Set<Slot>()
  readonly #calls = new Set<Call>()
  /** Workers that have no slot any more, until they are gone. */
  readonly #leaving = new Set<Promise<void>>()
  #deathsInARow = 0
  #deathsWhileLoading = 0
  #retry: NodeJS.Timeout | null = null
  #isStarting = false
  #closing: Promise<void> | null = null

  constructor(options: PoolOptions) {
    this.#options = options
    const { warm = 0, size } = options
    for (let started = 0; started < Math.min(warm, size); started += 1) this.#start()
  }

  /** Process ids of the workers that run right now. */
  get pids(): number[] {
    return [...this.#slots].flatMap(({ worker }) => worker.pid ?? [])
  }

  /** Vectors of texts. */
  embed(texts: readonly string[], kind: EmbedKind, signal?: AbortSignal): Promise<Float32Array[]> {
    const requests = texts.map((text) => ({ type: 'embed', text }) as const)
    return this.run(requests, kind, signal)
  }

  /** What the model gives for each request, in their order. Throws OVERLOADED, EMBEDDING_FAILED, INTERRUPTED. */
  async run(requests: readonly WorkRequest[], kind: EmbedKind, signal?: AbortSignal): Promise<Float32Array[]> {
    if (this.#closing !== null) fail('INTERRUPTED', 'The model is closed.')
    if (signal?.aborted) fail('INTERRUPTED')
    if (requests.length === 0) return []
    const { maxWaiting = Number.POSITIVE_INFINITY } = this.#options
    if (this.#queue.size >= maxWaiting) fail('OVERLOADED', `${this.#queue.size} texts wait for the model already.`)
    const call = new Call(requests.length)
    const stopped = { code: 'INTERRUPTED', detail: 'The work was stopped.' } as const
    const onAbort = (): void => this.#failCall(call, stopped)
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#calls.add(call)
    for (const [index, request] of requests.entries()) this.#queue.add({ call, index, request, kind, deaths: 0 })
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
    for (const call of this.#calls) this.#failCall(call, { code: 'INTERRUPTED', detail: 'The model was closed.' })
    for (const slot of this.#slots) this.#dismiss(slot)
    await Promise.all(this.#leaving)
  }

  #dismiss(slot: Slot): void {
    this.#slots.delete(slot)
    const left = slot.close().finally(() => this.#leaving.delete(left))
    this.#leaving.add(left)
  }

  /** Hands texts to idle workers, and starts workers for those that are left. */
  #pump(): void {
    if (this.#closing !== null) return
    for (const slot of this.#slots) if (slot.isReady && slot.task === null) this.#give(slot)
    this.#startWorkers()
    const busy = this.#queue.size > 0 || [...this.#slots].some((slot) => slot.task !== null)
    for (const slot of this.#slots) slot.worker.hold(busy)
    if (!busy) this.#stopRetry()
  }

  #give(slot: Slot): void {
    const task = this.#queue.take()
    if (task !== undefined) slot.give(task)
  }

  /** One in a turn of the event loop: a fork holds it up for 20 ms. */
  #startWorkers(): void {
    if (this.#retry !== null || this.#isStarting) return
    const starting = [...this.#slots].filter((slot) => !slot.isReady).length
    if (this.#queue.size <= starting || this.#slots.size >= this.#options.size) return
    this.#isStarting = true
    this.#start()
    setImmediate(() => {
      this.#isStarting = false
      this.#pump()
    })
  }

  #start(): void {
    const slot = new Slot(this.#options, {
      onReply: (from, reply) => this.#onReply(from, reply),
      onExit: (from, reason) => this.#onExit(from, reason),
    })
    this.#slots.add(slot)
  }

  #onReply(slot: Slot, reply: WorkerReply): void {
    if (reply.type === 'ready') this.#onReady(reply.engine)
    else if (reply.type === 'unready') this.#onUnready(slot, reply)
    else if (reply.type !== 'progress') this.#onResult(slot, reply)
    this.#pump()
  }

  #onReady(engine: Engine | undefined): void {
    this.#deathsWhileLoading = 0
    this.#options.onReady?.(engine)
  }

  #onResult(slot: Slot, reply: Extract<WorkerReply, { type: 'vector' | 'failed' }>): void {
    const task = slot.take()
    this.#deathsInARow = 0
    if (slot.isOvergrown) {
      this.#dismiss(slot)
      this.#options.onReplaced?.('grown')
    }
    if (task === null) return
    if (reply.type === 'vector') task.call.put(task.index, reply.vector)
    else this.#failCall(task.call, { code: reply.code, detail: `${nameOf(task)}${reply.detail}` })
  }

  /** The model cannot be loaded: another worker would fail alike, so everything that waits fails now. */
  #onUnready(slot: Slot, failure: Failure): void {
    this.#dismiss(slot)
    this.#failAll(failure)
  }

  #failAll(failure: Failure): void {
    for (const call of this.#calls) this.#failCall(call, failure)
  }

  #onExit(slot: Slot, reason: string): void {
    this.#slots.delete(slot)
    this.#deathsInARow += 1
    this.#options.onReplaced?.('died')
    const task = slot.take()
    if (task !== null) this.#tryAgain(task, reason)
    else if (!slot.isReady) this.#onDeathWhileLoading(reason)
    this.#delayStarts()
    this.#pump()
  }

  /** No text is at fault, so none is given up for it; but workers must not start for ever either. */
  #onDeathWhileLoading(reason: string): void {
    this.#deathsWhileLoading += 1
    if (this.#deathsWhileLoading < MAX_DEATHS) return
    this.#deathsWhileLoading = 0
    this.#failAll({
      code: 'MODEL_UNAVAILABLE',
      detail: `${MAX_DEATHS} workers ended while they loaded the model (${reason}).`,
    })
  }

  #tryAgain(task: Task, reason: string): void {
    if (!this.#calls.has(task.call)) return
    task.deaths += 1
    const detail = `${nameOf(task)}${MAX_DEATHS} workers ended with it (${reason}).`
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
