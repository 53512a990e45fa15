import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import type { HttpEnv } from '../context.ts'

/** One line and one measurement a request. The pattern of the route stands for the path: questions and texts do not belong into a log. */
export const requestLog = createMiddleware<HttpEnv>(async (c, next) => {
  const startedAt = performance.now()
  await next()
  const { log, deps } = c.var.kindred
  const request = { method: c.req.method, route: routePath(c, -1), status: c.res.status }
  const tookMs = performance.now() - startedAt
  deps.metrics.noteRequest({ ...request, seconds: tookMs / 1000 })
  log.info({ ...request, tookMs: Math.round(tookMs * 1000) / 1000, requestId: c.var.requestId }, 'request')
})
