import cluster from 'node:cluster'
import { once } from 'node:events'
import { Collections } from './collections.ts'
import type { Notice, Serving } from './messages.ts'
import { type Exit, ServingWorker } from './worker.ts'

export interface SuperviseOptions {
  /** Processes that serve, the writer among them. */
  readonly workers: number
  /** Ends all of them. */
  readonly signal: AbortSignal
  /** All of them serve. */
  readonly onServing: (serving: Serving) => Promise<void>
  readonly onStopping: () => void
  /** One of them serves, for the first time or again. */
  readonly onStarted: (worker: ServingWorker) => void
  /** One of them ended without being told to. */
  readonly onDied: (worker: ServingWorker, exit: Exit) => void
}

const isServing = ({ serving }: ServingWorker): boolean => serving !== null

/** This process answers nothing itself: it keeps the others running. */
class Supervisor {
  readonly #options: SuperviseOptions
  readonly #writer: ServingWorker
  readonly #readers: readonly ServingWorker[]
  readonly #collections = new Collections()
  #hasServed = false

  constructor(options: SuperviseOptions) {
    this.#options = options
    const events = {
      onNotice: (worker: ServingWorker, notice: Notice) => this.#onNotice(worker, notice),
      onExit: (worker: ServingWorker, exit: Exit) => this.#onExit(worker, exit),
    }
    this.#writer = new ServingWorker('writer', 1, events)
    this.#readers = Array.from({ length: options.workers - 1 }, (_, at) => new ServingWorker('reader', at + 2, events))
  }

  /** Resolves when all have ended: with the exit code of the writer where it did not even start, else with 0. */
  async run(): Promise<number> {
    const { signal, onServing, onStopping } = this.#options
    const stopped = signal.aborted ? Promise.resolve() : once(signal, 'abort')
    // First, because it makes the index where there is none, and because its faults are those of the settings.
    const first = await Promise.race([this.#writer.start(), stopped.then(() => null)])
    if (first && 'restartMs' in first) {
      await this.#writer.stop()
      return first.code ?? 1
    }
    if (first) {
      const started = Promise.all(this.#readers.map((reader) => reader.start()))
      const all = await Promise.race([started, stopped.then(() => null)])
      if (all) await onServing(first)
    }
    await stopped
    onStopping()
    // The writer last: what the readers have in flight may write.
    await Promise.all(this.#readers.map((reader) => reader.stop()))
    await this.#writer.stop()
    return 0
  }

  get #all(): readonly ServingWorker[] {
    return [this.#writer, ...this.#readers]
  }

  #onNotice(worker: ServingWorker, notice: Notice): void {
    if (notice.type === 'serving') this.#onServing(worker)
    else if (notice.type === 'collect') this.#collections.begin(worker, notice.id, this.#all.filter(isServing))
    else if (notice.type === 'report') this.#collections.add(notice.id, notice.report)
  }

  #onExit(worker: ServingWorker, exit: Exit): void {
    if (worker === this.#writer) this.#tellWriter(this.#readers)
    // Where not even the first writer came to serve, it has said why, and that is the end.
    if (this.#hasServed && exit.restartMs !== null) this.#options.onDied(worker, exit)
  }

  #onServing(worker: ServingWorker): void {
    this.#hasServed = true
    this.#options.onStarted(worker)
    this.#tellWriter(worker === this.#writer ? this.#readers : [worker])
  }

  #tellWriter(readers: readonly ServingWorker[]): void {
    const port = this.#writer.serving?.port ?? null
    for (const reader of readers) reader.send({ type: 'writer', port })
  }
}

/** Runs so many processes of this program that share one port, and starts those anew that die. */
export async function superviseWorkers(options: SuperviseOptions): Promise<number> {
  // All of them wait at one socket of the system: a process that is busy takes no connection, and one that dies takes
  // none with it that it had not accepted.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  return new Supervisor(options).run()
}
