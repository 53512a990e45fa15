import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { fail } from '../../domain/errors.ts'
import type { HttpEnv } from '../context.ts'

const BODILESS = new Set(['GET', 'HEAD', 'DELETE'])

function refuseBody(c: Context<HttpEnv>, text: string): void {
  const length = c.req.header('content-length')
  const hasBody = (length !== undefined && length !== '0') || c.req.header('transfer-encoding') !== undefined
  if (hasBody) fail('INVALID_REQUEST', text)
}

/** A body where none is read would be fields that are ignored: it is refused. */
export const noStrayBody = createMiddleware<HttpEnv>(async (c, next) => {
  const { method } = c.req
  if (BODILESS.has(method)) refuseBody(c, `${method} takes no body; its parameters go into the query.`)
  await next()
})

/** The same for a POST that takes none. */
export const noBody = createMiddleware<HttpEnv>(async (c, next) => {
  refuseBody(c, 'This route takes no body.')
  await next()
})
