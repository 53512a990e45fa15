import { OpenAPIHono } from '@hono/zod-openapi'
import { createMiddleware } from 'hono/factory'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { KindredError } from '../domain/errors.ts'
import { AnswerCache } from './answer-cache.ts'
import type { HttpContext, HttpEnv } from './context.ts'
import { loopbackOnly } from './middleware/loopback-only.ts'
import { requestLog } from './middleware/request-log.ts'
import { securityHeaders } from './middleware/secure-headers.ts'
import { noStrayBody } from './middleware/stray-body.ts'
import { openApiOf } from './openapi.ts'
import { problemResponse } from './problem.ts'
import { refuseInvalid } from './refuse-invalid.ts'
import { adminRoutes } from './routes/admin.ts'
import { askRoutes } from './routes/ask.ts'
import { citationRoutes } from './routes/citations.ts'
import { contextRoutes } from './routes/context.ts'
import { difyRoutes } from './routes/dify.ts'
import { docsRoutes } from './routes/docs.ts'
import { facetRoutes } from './routes/facets.ts'
import { healthRoutes } from './routes/health.ts'
import { mcpRoutes } from './routes/mcp.ts'
import { metricsRoutes } from './routes/metrics.ts'
import { openAiRoutes } from './routes/openai.ts'
import { readPaperRoutes } from './routes/papers-read.ts'
import { writePaperRoutes } from './routes/papers-write.ts'
import { recommendRoutes } from './routes/recommend.ts'
import { rerankRoutes } from './routes/rerank.ts'
import { scholarGraphRoutes } from './routes/scholar-graph.ts'
import { scholarRecommendRoutes } from './routes/scholar-recommend.ts'
import { searchRoutes } from './routes/search.ts'
import { similarRoutes } from './routes/similar.ts'
import { statsRoutes } from './routes/stats.ts'
import { suggestRoutes } from './routes/suggest.ts'
import { verifyRoutes } from './routes/verify.ts'
import { webSearchRoutes } from './routes/web-search.ts'
import { routingPath } from './routing-path.ts'

const ROUTES = [
  searchRoutes,
  similarRoutes,
  recommendRoutes,
  contextRoutes,
  verifyRoutes,
  mcpRoutes,
  askRoutes,
  facetRoutes,
  citationRoutes,
  readPaperRoutes,
  writePaperRoutes,
  statsRoutes,
  suggestRoutes,
  openAiRoutes,
  rerankRoutes,
  webSearchRoutes,
  difyRoutes,
  scholarGraphRoutes,
  scholarRecommendRoutes,
  healthRoutes,
  metricsRoutes,
  adminRoutes,
  docsRoutes,
]

const MAX_REQUEST_ID = 128

const ANSWER_CACHE_BYTES = 32 * 1024 * 1024

export const createAnswers = ({ deps, version, answerCacheBytes = ANSWER_CACHE_BYTES }: HttpContext): AnswerCache =>
  new AnswerCache(deps, { version, budget: answerCacheBytes })

/** The HTTP face over a context; opens no port. */
export function createApp(context: HttpContext, answers = createAnswers(context)) {
  const app = new OpenAPIHono<HttpEnv>({ defaultHook: refuseInvalid, getPath: routingPath })
  const openApi = openApiOf(app, context.version)
  const provide = createMiddleware<HttpEnv>(async (c, next) => {
    c.set('kindred', context)
    c.set('answers', answers)
    c.set('openApi', openApi)
    await next()
  })
  const refuseMethod = methodNotAllowed({
    app,
    onMethodNotAllowed: (c, methods) => {
      c.header('Allow', methods.join(', '))
      return problemResponse(c, new KindredError('METHOD_NOT_ALLOWED', `This route takes ${methods.join(', ')}.`))
    },
  })
  app.use(provide, requestId({ limitLength: MAX_REQUEST_ID }), requestLog, securityHeaders)
  app.use(loopbackOnly, refuseMethod, noStrayBody)
  app.onError((error, c) => problemResponse(c, error))
  app.notFound((c) => problemResponse(c, new KindredError('NOT_FOUND')))
  for (const routes of ROUTES) app.openapiRoutes(routes)
  return app
}
