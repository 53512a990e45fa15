import type { OpenAPIHono } from '@hono/zod-openapi'
import type { HttpEnv } from './context.ts'

/** The OpenAPI document of an app, made when it is first asked for: every route has been added by then. */
export function openApiOf(app: OpenAPIHono<HttpEnv>, version: string): () => object {
  let document: object | undefined
  return () => {
    document ??= app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'Kindred',
        version,
        description: 'Search over scientific abstracts. Unknown fields and parameters are refused, never ignored.',
        license: { name: 'MIT' },
      },
    })
    return document
  }
}
