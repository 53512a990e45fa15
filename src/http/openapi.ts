import type { OpenAPIHono } from '@hono/zod-openapi'
import { PaperRecord } from '../domain/paper.ts'
import type { HttpEnv } from './context.ts'

/** The OpenAPI document of an app, made when it is first asked for: every route has been added by then. */
export function openApiOf(app: OpenAPIHono<HttpEnv>, version: string): () => object {
  // No route names this schema by itself: the body that it describes is parsed record by record.
  app.openAPIRegistry.register('PaperRecord', PaperRecord)
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
