import type { OpenAPIHono } from '@hono/zod-openapi'
import type { HttpEnv } from './context.ts'

/** `/v1/papers/{id{.+\\.bib}}`, the way a route with a pattern is written, is `/v1/papers/{id}.bib` to a reader. */
const readablePath = (path: string): string =>
  path.replace(/\{(\w+)\{\.\+(.+)\}\}/, (_all, name, ending: string) => `{${name}}${ending.replaceAll('\\', '')}`)

/** The OpenAPI document of an app, made when it is first asked for: every route has been added by then. */
export function openApiOf(app: OpenAPIHono<HttpEnv>, version: string): () => object {
  let document: object | undefined
  return () => {
    if (document) return document
    const { paths, ...rest } = app.getOpenAPI31Document({
      openapi: '3.1.0',
      info: {
        title: 'Kindred',
        version,
        description: 'Search over scientific abstracts. Unknown fields and parameters are refused, never ignored.',
        license: { name: 'MIT' },
      },
    })
    const readable = Object.entries(paths ?? {}).map(([path, methods]) => [readablePath(path), methods])
    document = { ...rest, paths: Object.fromEntries(readable) }
    return document
  }
}
