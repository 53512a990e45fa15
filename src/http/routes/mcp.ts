import { createRoute, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { McpContext } from '../../mcp/context.ts'
import type { HttpEnv } from '../context.ts'
import { LARGE_BODY } from '../middleware/whole-body.ts'
import { NoQuery } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, readsJson } from '../route.ts'

/** Revisions before the current one send several messages at once; each of them is work. */
const MAX_MESSAGES = 20

const Message = z.looseObject({})
/** What is in a message, the protocol says; it also answers those that are wrong, in its own words. */
const Messages = z.union([Message, z.array(Message).max(MAX_MESSAGES)])

function mcpContext(c: Context<HttpEnv>): McpContext {
  const { deps, version, log } = c.var.kindred
  const { requestId } = c.var
  const onFault: McpContext['onFault'] = (error) =>
    log.error({ err: error.cause ?? error, code: error.code, requestId }, 'request failed')
  return { deps, version, onFault }
}

const post = defineRoute(
  createRoute({
    method: 'post',
    path: '/mcp',
    operationId: 'mcp',
    summary: 'The Model Context Protocol (Streamable HTTP): tools, resources and prompts for assistants',
    description:
      'JSON-RPC of the revision 2026-07-28 and of those before it. Without sessions and without a stream to GET: every ' +
      'request stands for itself.',
    tags: ['Feed an assistant'],
    // Host and Origin are checked before every route; what checks keys belongs in the same place.
    middleware: readsJson(LARGE_BODY),
    request: { query: NoQuery, body: jsonBody(Messages) },
    responses: {
      200: json(Message, 'The answer, as JSON or as one event of a stream.'),
      202: { description: 'A notification was taken.' },
      ...bodyProblems(),
    },
  }),
  async (c) => {
    // Loaded when it is first asked for: the library takes a quarter of a second.
    const { answerMcp } = await import('../../mcp/http.ts')
    return answerMcp(mcpContext(c), { request: c.req.raw, body: c.req.valid('json') })
  },
)

export const mcpRoutes = [post]
