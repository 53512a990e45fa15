import { LRUCache } from 'lru-cache'
import { fail } from '../domain/errors.ts'
import type { Embedder } from '../domain/models.ts'

/** About 3 MB of a model with 384 components. */
const ENTRIES = 2_048

/** One question on its way through the model, and how many wait for it. */
interface Flight {
  readonly vector: Promise<Float32Array>
  readonly stop: AbortController
  waiting: number
}

/** The outcome of the work, or INTERRUPTED as soon as the signal says so. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  const aborted = new Promise<never>((_resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    const forget = () => signal.removeEventListener('abort', stop)
    work.then(forget, forget)
  }).catch(() => fail('INTERRUPTED'))
  return Promise.race([work, aborted])
}

/** Questions that were asked lately, and those being embedded right now. */
class Questions {
  readonly #embedder: Embedder
  readonly #known: LRUCache<string, Float32Array>
  readonly #flights = new Map<string, Flight>()

  constructor(embedder: Embedder, entries: number) {
    this.#embedder = embedder
    this.#known = new LRUCache({ max: entries })
  }

  async vectorOf(text: string, signal: AbortSignal | undefined): Promise<Float32Array> {
    const known = this.#known.get(text)
    if (known) return known
    const flight = this.#flights.get(text) ?? this.#embed(text)
    flight.waiting += 1
    try {
      return await untilAborted(flight.vector, signal)
    } finally {
      flight.waiting -= 1
      // Nobody wants it any more: its place in the queue goes to others.
      if (flight.waiting === 0) flight.stop.abort()
    }
  }

  vectorAtOnce(text: string): Float32Array | undefined {
    return this.#known.get(text)
  }

  clear(): void {
    this.#known.clear()
  }

  #embed(text: string): Flight {
    const stop = new AbortController()
    const vector = this.#embedder
      .embed([text], 'query', stop.signal)
      .then(([found]) => {
        if (!found) throw new RangeError('the embedder gave no vector')
        this.#known.set(text, found)
        return found
      })
      .finally(() => {
        if (this.#flights.get(text) === flight) this.#flights.delete(text)
      })
    const flight: Flight = { vector, stop, waiting: 0 }
    // Whoever comes after an abort begins anew.
    stop.signal.addEventListener('abort', () => this.#flights.get(text) === flight && this.#flights.delete(text))
    this.#flights.set(text, flight)
    return flight
  }
}

/**
 * The same embedder, which remembers the questions asked last: the same one asked by many at once is embedded once.
 * Their vectors are shared: do not change them. Passages pass through, since hardly any text is embedded twice.
 */
export function cacheQueries(embedder: Embedder, entries: number = ENTRIES): Embedder {
  const questions = new Questions(embedder, entries)
  let closed = false
  return {
    ...embedder,
    embed: async (texts, kind, signal) => {
      if (kind !== 'query' || closed || signal?.aborted) return embedder.embed(texts, kind, signal)
      return Promise.all(texts.map((text) => questions.vectorOf(text, signal)))
    },
    vectorAtOnce: (text) => (closed ? undefined : questions.vectorAtOnce(text)),
    close: async () => {
      closed = true
      questions.clear()
      await embedder.close()
    },
  }
}
