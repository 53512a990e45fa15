import { createRoute } from '@hono/zod-openapi'
import { Verification, VerifyRequest } from '../../domain/verify.ts'
import { verifyAnswer } from '../../services/verify/verify-answer.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { NoQuery } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, readsJson } from '../route.ts'

const post = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/verify',
    operationId: 'verify',
    summary: 'Check the quotes and citation keys of an answer against the papers',
    tags: ['Feed an assistant'],
    middleware: readsJson(LARGE_BODY),
    request: { query: NoQuery, body: jsonBody(VerifyRequest) },
    responses: {
      200: json(Verification, 'What became of each quote and key, in their order.'),
      ...bodyProblems(),
    },
  }),
  async (c) => c.json(await verifyAnswer(c.var.kindred.deps, c.req.valid('json')), 200),
)

export const verifyRoutes = [post]
