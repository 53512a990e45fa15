import OpenAI from 'openai'
import { CODES, type ErrorCode, KindredError } from '../domain/errors.ts'

const MAX_RETRY_AFTER_SECONDS = 3_600
const MAX_CAUSE = 500
const SECRET = '(secret)'

/** What a status means; the others are told by their number. */
const STATUSES: ReadonlyMap<number, readonly [ErrorCode, string]> = new Map([
  [401, ['UPSTREAM_FAILED', 'The endpoint of the language model refused the key (401).']],
  [403, ['UPSTREAM_FAILED', 'The endpoint of the language model refused the key (403).']],
  [404, ['UPSTREAM_FAILED', 'The endpoint of the language model has no such model or address (404).']],
  [408, ['UPSTREAM_TIMEOUT', 'The language model took too long for its endpoint (408).']],
  [504, ['UPSTREAM_TIMEOUT', 'The language model took too long for its endpoint (504).']],
  [429, ['OVERLOADED', 'The endpoint of the language model takes no more requests right now (429).']],
])

/** Seconds or a date, as RFC 9110 has it. */
function retryAfter(headers: Headers | undefined): number | undefined {
  const given = headers?.get('retry-after')?.trim()
  if (!given) return undefined
  const seconds = /^\d+(\.\d+)?$/.test(given) ? Number(given) : (Date.parse(given) - Date.now()) / 1000
  return Number.isNaN(seconds) ? undefined : Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(1, Math.ceil(seconds)))
}

function describe(thrown: unknown): readonly [ErrorCode, string] {
  if (thrown instanceof OpenAI.APIConnectionTimeoutError) return ['UPSTREAM_TIMEOUT', CODES.UPSTREAM_TIMEOUT.text]
  if (thrown instanceof OpenAI.APIConnectionError) {
    return ['UPSTREAM_FAILED', 'The endpoint of the language model cannot be reached.']
  }
  if (thrown instanceof SyntaxError) {
    return ['UPSTREAM_FAILED', 'The endpoint of the language model sent what is not of its protocol.']
  }
  if (!(thrown instanceof OpenAI.APIError)) return ['UPSTREAM_FAILED', 'The answer of the language model broke off.']
  const { status } = thrown
  if (typeof status !== 'number') return ['UPSTREAM_FAILED', 'The language model failed in the middle of its answer.']
  return STATUSES.get(status) ?? ['UPSTREAM_FAILED', `The endpoint of the language model answered ${status}.`]
}

/**
 * What the client threw, as a problem of ours. Words of the endpoint go to the log only, and without the key: some
 * repeat what they were sent.
 */
export function upstreamError(thrown: unknown, apiKey: string | undefined): KindredError {
  if (thrown instanceof KindredError) return thrown
  const [code, detail] = describe(thrown)
  const told = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  const cause = new Error((apiKey ? told.replaceAll(apiKey, SECRET) : told).slice(0, MAX_CAUSE))
  const retryAfterSeconds =
    code === 'OVERLOADED' && thrown instanceof OpenAI.APIError ? retryAfter(thrown.headers) : undefined
  return new KindredError(code, detail, { cause, retryAfterSeconds })
}
