import type { Report } from './messages.ts'
import type { ServingWorker } from './worker.ts'

/** A process that is busy for longer is left out. */
const PATIENCE_MS = 2_000

interface Collection {
  readonly asked: ServingWorker
  /** The number that the process which asked gave it. */
  readonly itsId: number
  readonly reports: Report[]
  missing: number
  readonly timer: NodeJS.Timeout
}

/** Gathers what each process counts for the one that was asked. */
export class Collections {
  readonly #open = new Map<number, Collection>()
  #last = 0

  begin(asked: ServingWorker, itsId: number, workers: readonly ServingWorker[]): void {
    this.#last += 1
    const id = this.#last
    const timer = setTimeout(() => this.#finish(id), PATIENCE_MS)
    this.#open.set(id, { asked, itsId, reports: [], missing: workers.length, timer })
    for (const worker of workers) worker.send({ type: 'report', id })
  }

  add(id: number, report: Report): void {
    const collection = this.#open.get(id)
    if (!collection) return
    collection.reports.push(report)
    collection.missing -= 1
    if (collection.missing === 0) this.#finish(id)
  }

  #finish(id: number): void {
    const collection = this.#open.get(id)
    if (!collection) return
    this.#open.delete(id)
    clearTimeout(collection.timer)
    const { asked, itsId, reports } = collection
    asked.send({ type: 'reports', id: itsId, reports })
  }
}
