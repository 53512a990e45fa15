import { createMcpHandler } from '@modelcontextprotocol/server'
import type { McpContext } from './context.ts'
import { createMcpServer } from './server.ts'

interface Posted {
  /** For its headers and its signal; the body was read from it. */
  readonly request: Request
  /** The JSON of the body. */
  readonly body: unknown
}

/**
 * Answers one POST of Streamable HTTP, by the current revision of the protocol or by those before it, whichever the
 * request speaks. Nothing is kept between requests: each has a server and a transport of its own, which end with it, so
 * that no answer can reach another client. Host, Origin and the size of the body are checked by whoever calls.
 */
export function answerMcp(context: McpContext, { request, body }: Posted): Promise<Response> {
  // Nothing here changes by itself, so there is nothing to subscribe to; a stream that is never written to is refused.
  const handler = createMcpHandler(() => createMcpServer(context), { maxSubscriptions: 0 })
  return handler.fetch(request, { parsedBody: body })
}
