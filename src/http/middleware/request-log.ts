import { createMiddleware } from 'hono/factory'
import { routePath } from 'hono/route'
import type { HttpEnv } from '../context.ts'

/** One line a request. The pattern of the route stands for the path: questions and texts do not belong into a log. */
export const requestLog = createMiddleware<HttpEnv>(async (c, next) => {
  const startedAt = performance.now()
  await next()
  c.var.kindred.log.info(
    {
      method: c.req.method,
      route: routePath(c, -1),
      status: c.res.status,
      tookMs: Math.round((performance.now() - startedAt) * 1000) / 1000,
      requestId: c.var.requestId,
    },
    'request',
  )
})
