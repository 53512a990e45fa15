import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { SimilarRequest } from '../domain/query.ts'
import type { Deps } from '../services/deps.ts'
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
/** An answer that is this large is rare, and would push many others out. */
const MAX_ANSWER_BYTES = 1024 * 1024
/** Beside the body: the key and the cache's own objects. */
const OVERHEAD_BYTES = 300
const MAX_ASKED = 8_192
const MAX_PARAMETERS = 256
const MAX_PARAMETERS_LENGTH = 1_024

interface Options {
  readonly version: string
  /** Memory for answers, in bytes; 0 keeps none. */
  readonly budget: number
}

/** Whole answers by their path and query, the ones asked for last, for as long as nothing they depend on has changed. */
export class AnswerCache {
  readonly #deps: Deps
  readonly #version: string
  readonly #answers: LRUCache<string, string>
  /** What was asked for once in this epoch, the last MAX_ASKED to twice as many. */
  #asked = new Set<string>()
  #askedBefore: ReadonlySet<string> = new Set()
  readonly #parameters = new LRUCache<string, Learned>({ max: MAX_PARAMETERS })
  #state = ''
  #epoch: Epoch = { etag: '' }

  constructor(deps: Deps, { version, budget }: Options) {
    this.#deps = deps
    this.#version = version
    this.#answers = new LRUCache({
      maxSize: Math.max(1, budget),
      maxEntrySize: MAX_ANSWER_BYTES,
      sizeCalculation: (bytes, key) => bytes.length + key.length + OVERHEAD_BYTES,
    })
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
    const kept = this.#answers.get(key)
    if (kept) this.#deps.metrics.count('answer_cache_hits')
    return kept
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
    if (this.#asked.has(key) || this.#askedBefore.has(key)) this.#answers.set(key, bytes)
    else this.#note(key)
  }

  /** The options of a query that was valid before; undefined sends it the whole way. */
  optionsOf(query: string): Learned | undefined {
    return this.#parameters.get(query)
  }

  learn(query: string, options: SimilarOptions): void {
    if (query.length <= MAX_PARAMETERS_LENGTH) this.#parameters.set(query, { options, isPlain: isPlain(options) })
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
    this.#answers.clear()
    this.#asked = new Set()
    this.#askedBefore = new Set()
  }
}
