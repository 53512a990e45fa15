import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { createRoute, z } from '@hono/zod-openapi'
import { fail } from '../../domain/errors.ts'
import { docsPage, INITIALIZER, STYLE } from '../docs-page.ts'
import { NoQuery } from '../query.ts'
import { defineRoute, problems } from '../route.ts'

const require = createRequire(import.meta.url)
const SWAGGER = dirname(require.resolve('swagger-ui-dist/package.json'))

const JAVASCRIPT = 'text/javascript; charset=utf-8'
const CSS = 'text/css; charset=utf-8'

interface Asset {
  readonly type: string
  readonly read: () => string | Promise<Uint8Array>
}

const ofSwagger = (name: string) => () => readFile(join(SWAGGER, name))

/** Everything that the page loads, by exact name: a path from outside never becomes a path of the disk. */
const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ['swagger-ui.css', { type: CSS, read: ofSwagger('swagger-ui.css') }],
  ['swagger-ui-bundle.js', { type: JAVASCRIPT, read: ofSwagger('swagger-ui-bundle.js') }],
  ['favicon-32x32.png', { type: 'image/png', read: ofSwagger('favicon-32x32.png') }],
  ['initializer.js', { type: JAVASCRIPT, read: () => INITIALIZER }],
  ['docs.css', { type: CSS, read: () => STYLE }],
])

const tags = ['Operate']

const page = defineRoute(
  createRoute({
    method: 'get',
    path: '/docs',
    operationId: 'docs',
    summary: 'This documentation as a page',
    tags,
    request: { query: NoQuery },
    responses: { 200: { description: 'The page.', content: { 'text/html': { schema: z.string() } } }, ...problems() },
  }),
  (c) => c.html(docsPage(c.var.kindred.version)),
)

const asset = defineRoute(
  createRoute({
    method: 'get',
    path: '/docs/{file}',
    operationId: 'docsFile',
    summary: 'A file of the documentation page',
    tags,
    request: { params: z.strictObject({ file: z.string() }), query: NoQuery },
    responses: { 200: { description: 'The file.' }, ...problems('NOT_FOUND') },
  }),
  async (c) => {
    const found = ASSETS.get(c.req.valid('param').file) ?? fail('NOT_FOUND')
    const content = await found.read()
    return c.body(typeof content === 'string' ? content : new Uint8Array(content), 200, { 'Content-Type': found.type })
  },
)

const openapi = defineRoute(
  createRoute({
    method: 'get',
    path: '/openapi.json',
    operationId: 'openapi',
    summary: 'This documentation as OpenAPI 3.1',
    tags,
    request: { query: NoQuery },
    responses: {
      200: { description: 'The document.', content: { 'application/json': { schema: z.looseObject({}) } } },
      ...problems(),
    },
  }),
  (c) => c.json(c.var.openApi(), 200),
)

export const docsRoutes = [page, asset, openapi]
