import { type IncomingMessage, request as openRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { CODES, type ErrorCode, fail, KindredError } from '../domain/errors.ts'
import { isLoopback } from '../http/loopback.ts'
import type { Model } from '../services/parse-record.ts'

/** Whoever answers at all answers this at once. */
const PROBE_MS = 2_000

/** A busy server says when to come again; after so many times the caller hears of it. */
const MOST_RETRIES = 5
const LONGEST_RETRY_S = 30
const BUSY = new Set([429, 503])

const Process = z.object({ pid: z.int(), lockId: z.string().nullable() })
const Stats = z.object({ model: z.object({ id: z.string(), fingerprint: z.string(), dimension: z.int() }) })
const Problem = z.object({
  code: z.enum(Object.keys(CODES) as ErrorCode[]),
  detail: z.string(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
})

export interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: { readonly type: string; readonly content: string }
  readonly signal?: AbortSignal | undefined
}

/** A running server of Kindred that has the index folder. */
export interface LiveServer {
  readonly url: string
  readonly pid: number
  /**
   * The JSON of the answer, undefined where there is none. A server that is busy is asked again, a few times and when it
   * says so (Retry-After). Throws what the server answered, or INTERRUPTED.
   */
  call(call: Call): Promise<unknown>
}

interface Answer {
  readonly status: number
  readonly content: string
  /** When to come again, where a busy server says so; null otherwise. */
  readonly retryAfterS: number | null
}

function retryAfterOf({ statusCode = 0, headers }: IncomingMessage): number | null {
  const seconds = headers['retry-after'] ?? ''
  return BUSY.has(statusCode) && /^\d+$/.test(seconds) ? Math.min(Number(seconds), LONGEST_RETRY_S) : null
}

/** Not `fetch`, which gives up after five minutes: a rebuild may take longer. */
function send(url: string, { method, path, body, signal }: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body && { 'content-type': body.type, 'content-length': Buffer.byteLength(body.content) }
    const request = openRequest(new URL(path, url), {
      method,
      agent: false,
      ...(headers && { headers }),
      ...(signal && { signal }),
    })
    request.on('error', reject)
    request.on('response', (response) => {
      const [status, retryAfterS] = [response.statusCode ?? 0, retryAfterOf(response)]
      text(response).then((content) => resolve({ status, content, retryAfterS }), reject)
    })
    request.end(body?.content)
  })
}

/** Safe to send again: papers that were taken the first time come out unchanged, and removed ones stay removed. */
async function sendPatiently(url: string, call: Call): Promise<Answer> {
  for (let retries = 0; ; retries += 1) {
    const answer = await send(url, call)
    if (answer.retryAfterS === null || retries === MOST_RETRIES) return answer
    await delay(answer.retryAfterS * 1000, undefined, { ...(call.signal && { signal: call.signal }) })
  }
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}

function failWith({ status, content }: Answer): never {
  const problem = Problem.safeParse(parsed(content)).data
  if (!problem) return fail('INTERNAL', `The server answered with status ${status}.`)
  const { code, detail, issues } = problem
  throw new KindredError(code, detail, { issues })
}

function createServerClient(url: string, pid: number): LiveServer {
  return {
    url,
    pid,
    call: async (call) => {
      const answer = await sendPatiently(url, call).catch((cause: unknown) =>
        fail('INTERRUPTED', `The server (pid ${pid}) stopped answering; what it had acknowledged is kept.`, { cause }),
      )
      return answer.status < 300 ? parsed(answer.content) : failWith(answer)
    },
  }
}

/**
 * The server at a URL that has the lock; null where nobody answers, or somebody else: the note of who writes may be
 * older than the lock or of another folder, and papers must not go to the index of another server.
 */
export async function reachServer(url: string, lockId: string | null): Promise<LiveServer | null> {
  if (!isLoopback(new URL(url).hostname)) return null
  try {
    const answer = await send(url, { method: 'GET', path: '/v1/admin/process', signal: AbortSignal.timeout(PROBE_MS) })
    const found = Process.parse(parsed(answer.content))
    return found.lockId !== null && found.lockId === lockId ? createServerClient(url, found.pid) : null
  } catch {
    return null
  }
}

/** The model that the server embeds with. Throws CONFIG_INVALID where the settings ask for another one. */
export async function modelOf(server: LiveServer, wanted: string): Promise<Model> {
  const { id, ...shape } = Stats.parse(await server.call({ method: 'GET', path: '/v1/stats' })).model
  if (id === wanted) return { model: id, ...shape }
  return fail('CONFIG_INVALID', `The server embeds with the model ${id}, the settings of this command name ${wanted}.`)
}
