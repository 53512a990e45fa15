import { createMiddleware } from 'hono/factory'
import { fail } from '../../domain/errors.ts'
import type { HttpEnv } from '../context.ts'

const BODILESS = new Set(['GET', 'HEAD', 'DELETE'])

/** A body where none is read would be fields that are ignored: it is refused. */
export const noStrayBody = createMiddleware<HttpEnv>(async (c, next) => {
  const length = c.req.header('content-length')
  const hasBody = (length !== undefined && length !== '0') || c.req.header('transfer-encoding') !== undefined
  if (BODILESS.has(c.req.method) && hasBody) {
    fail('INVALID_REQUEST', `${c.req.method} takes no body; its parameters go into the query.`)
  }
  await next()
})
