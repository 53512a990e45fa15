import { createMiddleware } from 'hono/factory'
import { fail } from '../../domain/errors.ts'
import type { HttpEnv } from '../context.ts'
import { isLoopback } from '../loopback.ts'

/** `name`, `name:port`, `[address]:port`; anything else has no host. */
const HOST = /^(\[[^\]]+\]|[^:[\]]+)(?::\d{1,5})?$/

function originHost(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : ''
}

/**
 * Answers only to loopback names. A web page elsewhere can point its own name at 127.0.0.1 (DNS rebinding) and would
 * otherwise read the library through the visitor's browser: the browser then still sends that page's name.
 */
export const loopbackOnly = createMiddleware<HttpEnv>(async (c, next) => {
  const host = HOST.exec(c.req.header('host') ?? new URL(c.req.url).host)?.[1] ?? ''
  if (!isLoopback(host)) fail('FORBIDDEN', 'The Host header does not name this machine.')
  const origin = c.req.header('origin')
  if (origin !== undefined && !isLoopback(originHost(origin))) {
    fail('FORBIDDEN', 'The request comes from a page of another origin.')
  }
  await next()
})
