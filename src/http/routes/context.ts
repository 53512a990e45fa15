import { createRoute } from '@hono/zod-openapi'
import { Context, ContextRequest } from '../../domain/context.ts'
import { buildContext } from '../../services/context/build-context.ts'
import { NoQuery } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, readsJson } from '../route.ts'

const post = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/context',
    operationId: 'buildContext',
    summary: 'Papers as one text for a language model to answer from, within a budget of tokens',
    description:
      "Best sentences of every paper first, then abstracts in full while they fit. A paper's text cannot leave its frame, " +
      'hide characters or carry live links; what looks like an attack on a model is named in `flags`.',
    tags: ['Feed an assistant'],
    middleware: readsJson(),
    request: { query: NoQuery, body: jsonBody(ContextRequest) },
    responses: {
      200: json(Context, 'The text, what it cites and what was left out.'),
      ...bodyProblems('PAPER_NOT_FOUND'),
    },
  }),
  async (c) => c.json(await buildContext(c.var.kindred.deps, c.req.valid('json')), 200),
)

export const contextRoutes = [post]
