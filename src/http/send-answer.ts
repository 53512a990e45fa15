import type { Context } from 'hono'
import type { AnswerText } from '../services/answer-json.ts'
import type { HttpEnv } from './context.ts'

/** Its answers may be kept, and asked for again by their ETag before they are used. */
export const CACHE_CONTROL = 'private, no-cache'
export const JSON_TYPE = 'application/json'

/** The path and query of a URL: what an answer is kept under. */
const keyOf = (url: string): string => url.slice(url.indexOf('/', url.indexOf('//') + 2))

const sendBytes = (c: Context<HttpEnv>, bytes: string, headers: Record<string, string>): Response =>
  c.body(Buffer.from(bytes, 'latin1'), 200, { ...headers, 'Content-Type': JSON_TYPE })

/** The answer to a GET, with its ETag: 304 where the client has it, the one that was kept where there is one. */
export async function sendAnswer(c: Context<HttpEnv>, compute: () => Promise<AnswerText>): Promise<Response> {
  const { answers } = c.var
  const epoch = answers.epoch()
  const headers = epoch ? { ETag: epoch.etag, 'Cache-Control': CACHE_CONTROL, Vary: 'Accept' } : { Vary: 'Accept' }
  if (epoch && answers.isKnown(c.req.header('if-none-match'), epoch)) return c.body(null, 304, headers)
  const key = keyOf(c.req.url)
  const kept = epoch ? answers.get(key) : undefined
  if (kept !== undefined) return sendBytes(c, kept, headers)
  const { bytes, whole } = await compute()
  if (whole) answers.keep(key, bytes, epoch)
  return sendBytes(c, bytes, headers)
}
