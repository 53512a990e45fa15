import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { CODES, type ErrorCode, KindredError, toKindredError } from '../domain/errors.ts'
import type { HttpEnv } from './context.ts'
import { dialectOf } from './dialects.ts'

/** The status of each code. Codes that only a command or a record can bring have one too, so that none is forgotten. */
export const STATUS = {
  INVALID_REQUEST: 400,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  PAPER_NOT_FOUND: 404,
  MODEL_UNKNOWN: 404,
  KNOWLEDGE_UNKNOWN: 404,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  SOURCE_NOT_FOUND: 400,
  SOURCE_UNREADABLE: 400,
  SOURCE_EMPTY: 400,
  SOURCE_UNKNOWN: 400,
  RECORD_BROKEN: 400,
  RECORD_INVALID: 422,
  RECORD_TOO_LARGE: 413,
  EMBEDDING_MISMATCH: 422,
  CONFIG_INVALID: 500,
  HOST_REFUSED: 500,
  PORT_UNAVAILABLE: 500,
  MODEL_UNAVAILABLE: 503,
  MODEL_CORRUPT: 503,
  EMBEDDING_FAILED: 500,
  INDEX_STALE: 503,
  INDEX_DAMAGED: 503,
  INDEX_LOCKED: 503,
  WRITER_UNAVAILABLE: 503,
  STORE_UNREADABLE: 503,
  STORE_CORRUPT: 503,
  STORE_NEWER: 503,
  BACKUP_INVALID: 400,
  BACKUP_NEWER: 400,
  TARGET_EXISTS: 409,
  STORAGE_FULL: 507,
  UPSTREAM_FAILED: 502,
  UPSTREAM_TIMEOUT: 504,
  OVERLOADED: 503,
  SERVER_UNREACHABLE: 502,
  INTERRUPTED: 503,
  INTERNAL: 500,
} as const satisfies Record<ErrorCode, number>

/** Long enough for a busy moment to pass, short enough that nobody gives up. */
const RETRY_AFTER_SECONDS = 1

/** RFC 9457, with the code that clients tell problems apart by. */
export const Problem = z
  .object({
    type: z.string().meta({ description: 'Where the problem is described.', example: '/docs#PAPER_NOT_FOUND' }),
    title: z.string().meta({ description: 'The same for every problem of this code.' }),
    status: z.int(),
    code: z.enum(Object.keys(CODES) as ErrorCode[]),
    detail: z.string().meta({ description: 'What happened this time.' }),
    remedy: z.string().meta({ description: 'What can be done about it.' }),
    requestId: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    retryAfterSeconds: z.int().optional().meta({ description: 'The same as the header Retry-After.' }),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>

export function toProblem(error: KindredError, requestId: string): Problem {
  const { code, message, remedy, issues } = error
  const wait = error.retryAfterSeconds ?? (code === 'OVERLOADED' ? RETRY_AFTER_SECONDS : undefined)
  return {
    type: `/docs#${code}`,
    title: CODES[code].text,
    status: STATUS[code],
    code,
    detail: message,
    remedy,
    requestId,
    ...(issues.length > 0 && { issues: [...issues] }),
    ...(wait !== undefined && { retryAfterSeconds: wait }),
  }
}

/** Libraries throw these for what they refuse themselves. */
function ofLibrary(error: HTTPException): KindredError {
  if (error.status === 415) return new KindredError('UNSUPPORTED_MEDIA_TYPE')
  if (error.status >= 500) return new KindredError('INTERNAL', undefined, { cause: error })
  const issues = [{ path: '', message: 'is not valid JSON' }]
  return new KindredError('INVALID_REQUEST', 'The body is not valid JSON.', { issues, cause: error })
}

/** Anything thrown, as a problem. What the caller cannot mend goes to the log with its cause; nothing of that goes out. */
export function problemOf(c: Context<HttpEnv>, thrown: unknown): Problem {
  const error = thrown instanceof HTTPException ? ofLibrary(thrown) : toKindredError(thrown)
  const problem = toProblem(error, c.var.requestId)
  if (CODES[error.code].fault !== 'caller') {
    c.var.kindred.log.error(
      { err: error.cause ?? error, code: error.code, requestId: problem.requestId },
      'request failed',
    )
  }
  return problem
}

/** Answers with a problem. */
export function problemResponse(c: Context<HttpEnv>, thrown: unknown): Response {
  const problem = problemOf(c, thrown)
  const { code, retryAfterSeconds } = problem
  if (retryAfterSeconds !== undefined) c.header('Retry-After', String(retryAfterSeconds))
  const told = { ...problem, ...dialectOf(c.req.path)?.(problem) }
  return c.body(JSON.stringify(told), STATUS[code], { 'Content-Type': 'application/problem+json' })
}
