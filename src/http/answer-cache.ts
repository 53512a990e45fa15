import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { SimilarRequest } from '../domain/query.ts'
import type { Deps } from '../services/deps.ts'
import { PaperTexts } from '../services/paper-texts.ts'
import { isPlain } from '../services/similar-at-once.ts'

/** What a `similar` asks for beside the id. */
export type SimilarOptions = Omit<SimilarRequest, 'id'>

/** Parameters that were valid, in the words that they came in. */
interface Learned {
  readonly options: SimilarOptions
  readonly isPlain: boolean
}

/** A time in which the same request has the same answer. */
export interface Epoch {
  /** A weak ETag (RFC 9110, 8.8.3): `tookMs` may differ where an answer is computed again. */
  readonly etag: string
}

const DAY_MS = 86_400_000
/** Most answers are longer; where they are not, fewer of them are kept than there is room for. */
const SHORT_ANSWER_BYTES = 2_048
const MAX_ASKED = 8_192
const MAX_PARAMETERS = 256
const MAX_PARAMETERS_LENGTH = 1_024

interface Options {
  readonly version: string
  /** Memory for answers, in bytes; 0 keeps none. */
  readonly budget: number
}

/**
 * Whole answers by their path and query, those that were made last, for as long as nothing they depend on has changed. They
 * stand outside the heap: as strings that live for seconds they had all of it collected again and again.
 */
export class AnswerCache {
  readonly #deps: Deps
  readonly #version: string
  readonly #texts: PaperTexts
  /** Where the answers stand. */
  readonly #places: LRUCache<string, number>
  /** What was asked for once in this epoch, the last MAX_ASKED to twice as many. */
  #asked = new Set<string>()
  #askedBefore: ReadonlySet<string> = new Set()
  readonly #parameters = new LRUCache<string, Learned>({ max: MAX_PARAMETERS })
  #state = ''
  #epoch: Epoch = { etag: '' }

  constructor(deps: Deps, { version, budget }: Options) {
    this.#deps = deps
    this.#version = version
    this.#texts = new PaperTexts(budget)
    this.#places = new LRUCache({ max: Math.ceil((budget + 1) / SHORT_ANSWER_BYTES) })
  }

  /** Null while something is missing: answers get better then without a write. */
  epoch(): Epoch | null {
    const { store, index, now } = this.#deps
    const { revision, degraded } = index.status()
    if (degraded.length > 0 || store.lacksSentences()) return null
    // The day, because recency counts in days.
    const day = Math.floor(now().getTime() / DAY_MS)
    const state = `${store.generation()} ${revision} ${day}`
    if (state !== this.#state) this.#begin(state)
    return this.#epoch
  }

  /** Whether a client has the answer of this epoch: weak comparison (RFC 9110, 8.8.3.2 and 13.1.2). */
  isKnown(ifNoneMatch: string | undefined, { etag }: Epoch): boolean {
    if (ifNoneMatch === undefined || !ifNoneMatch.split(',').some((each) => each.trim() === etag)) return false
    this.#deps.metrics.count('answers_not_modified')
    return true
  }

  /** An answer of the current epoch, as the bytes of an AnswerText. */
  get(key: string): string | undefined {
    const place = this.#places.get(key)
    if (place === undefined || !this.#texts.holds(place)) return undefined
    this.#deps.metrics.count('answer_cache_hits')
    return this.#texts.textAt(place)
  }

  /**
   * Keeps an answer that was begun in this epoch, unless the epoch is over. Not before it is asked for a second time:
   * most are asked for once, and keeping those costs more than it saves.
   */
  keep(key: string, bytes: string, begun: Epoch | null): void {
    if (begun !== null && begun === this.epoch()) this.keepNow(key, bytes)
  }

  /** The same for one that was begun and made in this turn. */
  keepNow(key: string, bytes: string): void {
    if (this.#asked.has(key) || this.#askedBefore.has(key)) this.#place(key, bytes)
    else this.#note(key)
  }

  /** The options of a query that was valid before; undefined sends it the whole way. */
  optionsOf(query: string): Learned | undefined {
    return this.#parameters.get(query)
  }

  learn(query: string, options: SimilarOptions): void {
    if (query.length <= MAX_PARAMETERS_LENGTH) this.#parameters.set(query, { options, isPlain: isPlain(options) })
  }

  #place(key: string, bytes: string): void {
    const place = this.#texts.put(bytes)
    if (place !== null) this.#places.set(key, place)
  }

  #note(key: string): void {
    if (this.#asked.size >= MAX_ASKED) {
      this.#askedBefore = this.#asked
      this.#asked = new Set()
    }
    this.#asked.add(key)
  }

  #begin(state: string): void {
    const { store, embedder, rerank } = this.#deps
    const parts = [this.#version, store.databaseId, embedder.fingerprint, rerank?.reranker.model ?? null, state]
    const hash = createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22)
    this.#state = state
    this.#epoch = { etag: `W/"${hash}"` }
    this.#places.clear()
    this.#asked = new Set()
    this.#askedBefore = new Set()
  }
}
