import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Hono } from 'hono'
import type { AnswerText } from '../services/answer-json.ts'
import { searchJson } from '../services/search.ts'
import { similarJson } from '../services/similar.ts'
import type { AnswerCache, Epoch } from './answer-cache.ts'
import type { HttpContext, HttpEnv } from './context.ts'
import { isFromHere } from './middleware/loopback-only.ts'
import { noteAnswered } from './middleware/request-log.ts'
import { securityHeaders } from './middleware/secure-headers.ts'
import { queryString } from './query.ts'
import { readSearch } from './routes/search.ts'
import { CACHE_CONTROL, JSON_TYPE } from './send-answer.ts'

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>

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

interface Sent {
  readonly epoch: Epoch
  /** A character a byte; null where the client has it. */
  readonly body: string | null
  readonly requestId: string
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

  constructor(context: HttpContext, answers: AnswerCache, headers: readonly string[]) {
    this.#context = context
    this.#answers = answers
    this.#headers = headers
  }

  /** False where the request must go the whole way; nothing of an answer is sent then. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const asked = readAsked(request)
    const epoch = asked && this.#answers.epoch()
    if (!asked || !epoch) return false
    const startedAt = performance.now()
    const known = this.#answers.isKnown(request.headers['if-none-match'], epoch)
    const body = known ? null : await this.#body(asked, epoch)
    if (body === undefined) return false
    const requestId = randomUUID()
    this.#send(response, { epoch, body, requestId })
    const { method = '' } = request
    noteAnswered(this.#context, { method, route: asked.route, status: response.statusCode, requestId, startedAt })
    return true
  }

  async #body({ url, id }: Asked, epoch: Epoch): Promise<string | undefined> {
    const kept = this.#answers.get(url)
    if (kept !== undefined) return kept
    const answer = await (id === undefined ? this.#search(url) : this.#similar(url, id))
    if (answer?.whole) this.#answers.keep(url, answer.bytes, epoch)
    return answer?.bytes
  }

  #similar(url: string, id: string): Promise<AnswerText> | null {
    const options = this.#answers.optionsOf(queryString(url))
    return options ? similarJson(this.#context.deps, { ...options, id }) : null
  }

  #search(url: string): Promise<AnswerText> | null {
    const request = readSearch(url)
    return request && searchJson(this.#context.deps, request)
  }

  #send(response: ServerResponse, { epoch, body, requestId }: Sent): void {
    const headers = [...this.#headers, 'ETag', epoch.etag, 'Cache-Control', CACHE_CONTROL, 'X-Request-Id', requestId]
    if (body !== null) headers.push('Content-Type', JSON_TYPE, 'Content-Length', String(body.length))
    response.writeHead(body === null ? 304 : 200, headers)
    response.end(body, 'latin1')
  }
}

/**
 * A listener before the app's own, for the requests that come most: neighbours of a stored paper and questions. It
 * answers only what the app has validated before in the same words, or what is valid by the schema of the app's own
 * route, and gives everything else, and whatever fails, to the app, so that both answer alike.
 */
export async function withHotPath(context: HttpContext, answers: AnswerCache, app: Listener): Promise<Listener> {
  const hotPath = new HotPath(context, answers, await fixedHeaders())
  return async (request, response) => {
    const answered = await hotPath.answer(request, response).catch(() => response.headersSent)
    if (!answered) await app(request, response)
  }
}
