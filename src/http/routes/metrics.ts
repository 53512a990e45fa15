import { createRoute, z } from '@hono/zod-openapi'
import { NoQuery } from '../query.ts'
import { defineRoute, problems } from '../route.ts'

const get = defineRoute(
  createRoute({
    method: 'get',
    path: '/metrics',
    operationId: 'metrics',
    summary: 'Counts and times for Prometheus',
    tags: ['Operate'],
    request: { query: NoQuery },
    responses: {
      200: { description: 'Text format 0.0.4 of Prometheus.', content: { 'text/plain': { schema: z.string() } } },
      ...problems(),
    },
  }),
  async (c) => {
    const { metrics } = c.var.kindred.deps
    return c.text(await metrics.text(), 200, { 'Content-Type': metrics.contentType })
  },
)

export const metricsRoutes = [get]
