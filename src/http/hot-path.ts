import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Hono } from 'hono'
import type { AnswerText } from '../services/answer-json.ts'
import { AnswersAtOnce } from '../services/answers-at-once.ts'
import { searchJson } from '../services/search.ts'
import { SearchAtOnce } from '../services/search-at-once.ts'
import { similarJson } from '../services/similar.ts'
import { SimilarAtOnce } from '../services/similar-at-once.ts'
import type { AnswerCache, Epoch } from './answer-cache.ts'
import type { HttpContext, HttpEnv } from './context.ts'
import { HeldWrites } from './held-writes.ts'
import { Lookahead } from './lookahead.ts'
import { isFromHere } from './middleware/loopback-only.ts'
import { noteAnswered } from './middleware/request-log.ts'
import { securityHeaders } from './middleware/secure-headers.ts'
import { queryString } from './query.ts'
import { readSearch } from './routes/search.ts'
import { CACHE_CONTROL, JSON_TYPE } from './send-answer.ts'

/** Undefined where the answer is sent already. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void> | undefined

/** An id that stands in a path as it is; any other one, e.g. with a slash, goes the whole way. */
const SIMILAR = /^\/v1\/papers\/([\w.:~-]{1,500})\/similar(?:\?|$)/
/** Only letters that a URL may hold as they are: what stands in it is read as the app reads it. */
const SEARCH = /^\/v1\/search\?[\w%+.~=&,:;@!$*()/-]*$/
const SIMILAR_ROUTE = '/v1/papers/:id/similar'
const SEARCH_ROUTE = '/v1/search'
const ACCEPTED: ReadonlySet<string | undefined> = new Set([undefined, '*/*', JSON_TYPE])

interface Asked {
  readonly url: string
  readonly route: string
  /** The paper of a `similar`; undefined for a search. */
  readonly id: string | undefined
}

interface Exchange {
  readonly asked: Asked
  readonly response: ServerResponse
  /** `performance.now()` when the request came in. */
  readonly startedAt: number
}

interface Sent {
  /** Null while something is missing. */
  readonly epoch: Epoch | null
  /** A character a byte; null where the client has it. */
  readonly body: string | null
}

/** The request, where nothing about it needs a closer look. */
function readAsked({ method, url = '', headers }: IncomingMessage): Asked | null {
  if (method !== 'GET' || !ACCEPTED.has(headers.accept)) return null
  if (headers['x-request-id'] !== undefined || !isFromHere(headers)) return null
  if (headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0') return null
  const id = SIMILAR.exec(url)?.[1]
  if (id !== undefined) return { url, route: SIMILAR_ROUTE, id }
  return SEARCH.test(url) ? { url, route: SEARCH_ROUTE, id } : null
}

/** The headers that our middleware gives every answer, as a flat list of names and values. */
async function fixedHeaders(): Promise<string[]> {
  const app = new Hono<HttpEnv>().use(securityHeaders).get('/', (c) => c.body(null))
  const { headers } = await app.request('/')
  return [...headers].flat().concat('Vary', 'Accept')
}

class HotPath {
  readonly #context: HttpContext
  readonly #answers: AnswerCache
  readonly #headers: readonly string[]
  readonly #isShared: () => boolean
  readonly #similarAtOnce: SimilarAtOnce
  readonly #searchAtOnce: SearchAtOnce
  readonly #writes = new HeldWrites()
  readonly #lookahead = new Lookahead()

  constructor({ context, answers, isShared }: HotPathOptions, headers: readonly string[]) {
    this.#context = context
    const atOnce = new AnswersAtOnce(context.deps)
    this.#similarAtOnce = new SimilarAtOnce(context.deps, atOnce)
    this.#searchAtOnce = new SearchAtOnce(context.deps, atOnce)
    this.#answers = answers
    this.#isShared = isShared
    this.#headers = headers
  }

  /** False where the request must go the whole way; nothing of an answer is sent then. */
  answer(request: IncomingMessage, response: ServerResponse): boolean | Promise<boolean> {
    const startedAt = performance.now()
    const asked = readAsked(request)
    if (!asked) return false
    const exchange = { asked, response, startedAt }
    const epoch = this.#answers.epoch()
    if (epoch && this.#answers.isKnown(request.headers['if-none-match'], epoch)) {
      return this.#send(exchange, { epoch, body: null })
    }
    const kept = epoch ? this.#answers.get(asked.url) : undefined
    if (kept !== undefined) return this.#send(exchange, { epoch, body: kept })
    if (!this.#isShared() || !this.#ahead(asked)) return this.#answerIn(epoch, exchange)
    return this.#lookahead.hold(() => this.#answerIn(this.#answers.epoch(), exchange))
  }

  /** Answers what still waits for its search, and sends what still waits for others. */
  endTurn(): void {
    this.#lookahead.endTurn()
    this.#writes.flush()
  }

  #answerIn(epoch: Epoch | null, exchange: Exchange): boolean | Promise<boolean> {
    const { id, url } = exchange.asked
    const found = id === undefined ? this.#search(url) : this.#similar(url, id)
    if (found instanceof Promise) {
      return found.then(({ bytes, whole }) => {
        if (whole) this.#answers.keep(url, bytes, epoch)
        return this.#send(exchange, { epoch, body: bytes })
      })
    }
    if (found?.whole && epoch) this.#answers.keepNow(url, found.bytes)
    return found !== null && this.#send(exchange, { epoch, body: found.bytes })
  }

  /** Whether another thread has begun with the answer. */
  #ahead({ url, id }: Asked): boolean {
    const learned = id === undefined ? undefined : this.#answers.optionsOf(queryString(url))
    if (id === undefined || !learned?.isPlain) return false
    const { limit, filter } = learned.options
    return this.#similarAtOnce.ahead({ id, limit, filter })
  }

  #similar(url: string, id: string): AnswerText | Promise<AnswerText> | null {
    const learned = this.#answers.optionsOf(queryString(url))
    if (!learned) return null
    const { deps } = this.#context
    const { options, isPlain } = learned
    const { limit, fields, filter } = options
    const atOnce = isPlain ? this.#similarAtOnce.answer({ id, limit, fields, filter }) : null
    return atOnce ?? similarJson(deps, { ...options, id })
  }

  #search(url: string): AnswerText | Promise<AnswerText> | null {
    const request = readSearch(url)
    return request && (this.#searchAtOnce.answer(request) ?? searchJson(this.#context.deps, request))
  }

  #send({ asked: { route }, response, startedAt }: Exchange, { epoch, body }: Sent): true {
    const requestId = randomUUID()
    const headers = [...this.#headers, 'X-Request-Id', requestId]
    if (epoch) headers.push('ETag', epoch.etag, 'Cache-Control', CACHE_CONTROL)
    if (body !== null) headers.push('Content-Type', JSON_TYPE, 'Content-Length', String(body.length))
    const status = body === null ? 304 : 200
    this.#writes.hold(response.socket)
    response.writeHead(status, headers)
    response.end(body, 'latin1')
    this.#writes.written()
    noteAnswered(this.#context, { method: 'GET', route, status, requestId, startedAt })
    return true
  }
}

export interface HotPathOptions {
  readonly context: HttpContext
  readonly answers: AnswerCache
  readonly app: Listener
  /** Whether several requests are read in a turn, so that one can wait a little for the others. */
  readonly isShared: () => boolean
}

/** Answers requests; at the end of each turn of the event loop it is told. */
export interface Answering {
  readonly answer: Listener
  readonly endTurn: () => void
}

/**
 * A listener before the app's own, for the requests that come most: neighbours of a stored paper and questions. It
 * answers only what the app has validated before in the same words, or what is valid by the schema of the app's own
 * route, and gives everything else, and whatever fails, to the app, so that both answer alike.
 */
export async function withHotPath(options: HotPathOptions): Promise<Answering> {
  const { app } = options
  const hotPath = new HotPath(options, await fixedHeaders())
  const answer: Listener = (request, response) => {
    const leave = () => (response.headersSent ? undefined : app(request, response))
    try {
      const answered = hotPath.answer(request, response)
      if (answered instanceof Promise) return answered.then((sent) => (sent ? undefined : leave()), leave)
      return answered ? undefined : app(request, response)
    } catch {
      return leave()
    }
  }
  return { answer, endTurn: () => hotPath.endTurn() }
}
