import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import type { HttpContext, HttpEnv } from '../context.ts'

interface Answered {
  readonly method: string
  /** The pattern of the route stands for the path: questions and texts do not belong into a log. */
  readonly route: string
  readonly status: number
  readonly requestId: string
  /** `performance.now()` when the request came in. */
  readonly startedAt: number
}

/** One line and one measurement a request. */
export function noteAnswered({ log, requestLog, deps }: HttpContext, answered: Answered): void {
  // Name by name: this is done for every request, and copying the rest of an object takes as long as the line itself.
  const { method, route, status, requestId, startedAt } = answered
  const tookMs = performance.now() - startedAt
  deps.metrics.noteRequest({ method, route, status, seconds: tookMs / 1000 })
  const line = { method, route, status, tookMs: Math.round(tookMs * 1000) / 1000, requestId }
  if (requestLog) requestLog(line)
  else log.info(line, 'request')
}

export const requestLog = createMiddleware<HttpEnv>(async (c, next) => {
  const startedAt = performance.now()
  await next()
  const request = { method: c.req.method, route: routePath(c, -1), status: c.res.status }
  noteAnswered(c.var.kindred, { ...request, requestId: c.var.requestId, startedAt })
})
