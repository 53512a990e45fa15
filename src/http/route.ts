import type { RouteConfig, RouteHandler, z } from '@hono/zod-openapi'
import { CODES, type ErrorCode } from '../domain/errors.ts'
import type { HttpEnv } from './context.ts'
import { mediaType } from './middleware/media-type.ts'
import { SMALL_BODY, wholeBody } from './middleware/whole-body.ts'
import { Problem, STATUS } from './problem.ts'

/** A route as data: what it takes and answers, and what does the work. */
export const defineRoute = <R extends RouteConfig>(route: R, handler: RouteHandler<R, HttpEnv>) => ({ route, handler })

/** An answer of JSON. The schema documents it; answers are not parsed again on their way out. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
})

/** A JSON body, and what stands before the handler to read it. */
export const jsonBody = <T extends z.ZodType>(schema: T) => ({
  required: true,
  content: { 'application/json': { schema } },
})

export const readsJson = (maxBytes: number = SMALL_BODY) => [mediaType('application/json'), wholeBody(maxBytes)]

/** What a client is told that asks again for an answer by its ETag. */
export const NOT_MODIFIED = { 304: { description: 'The answer of the ETag in If-None-Match is still right.' } }

/** Problems that every route has. */
const COMMON: readonly ErrorCode[] = ['INVALID_REQUEST', 'FORBIDDEN', 'INTERNAL']
const OF_BODIES: readonly ErrorCode[] = ['PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']

/**
 * The problems that a route can answer, for its documentation. They are thrown, never returned, so they are no part of
 * what the handler is typed to answer.
 */
export function problems(...codes: readonly ErrorCode[]): Record<never, never> {
  const byStatus = new Map<number, string[]>()
  for (const code of new Set([...codes, ...COMMON])) {
    byStatus.set(STATUS[code], [...(byStatus.get(STATUS[code]) ?? []), `${code}: ${CODES[code].text}`])
  }
  const content = { 'application/problem+json': { schema: Problem } }
  return Object.fromEntries([...byStatus].map(([status, texts]) => [status, { description: texts.join(' '), content }]))
}

/** The same for a route that reads a body. */
export const bodyProblems = (...codes: readonly ErrorCode[]) => problems(...codes, ...OF_BODIES)
