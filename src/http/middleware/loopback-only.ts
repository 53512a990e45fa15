import { createMiddleware } from 'hono/factory'
import { fail } from '../../domain/errors.ts'
import type { HttpEnv } from '../context.ts'
import { isLoopback } from '../loopback.ts'

/** `name`, `name:port`, `[address]:port`; anything else has no host. */
const HOST = /^(\[[^\]]+\]|[^:[\]]+)(?::\d{1,5})?$/

function originHost(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : ''
}

interface Names {
  readonly host?: string | undefined
  readonly origin?: string | undefined
}

/** Loopback hosts that were asked for lately, so that the usual ones are not parsed each time. */
const known = new Set<string>()
const MAX_KNOWN = 64

function namesThisMachine(host: string): boolean {
  if (known.has(host)) return true
  if (!isLoopback(HOST.exec(host)?.[1] ?? '')) return false
  if (known.size < MAX_KNOWN) known.add(host)
  return true
}

/** Whether the Host names this machine, and no page of another origin asks. */
export const isFromHere = ({ host = '', origin }: Names): boolean =>
  namesThisMachine(host) && (origin === undefined || isLoopback(originHost(origin)))

/**
 * Answers only to loopback names. A web page elsewhere can point its own name at 127.0.0.1 (DNS rebinding) and would
 * otherwise read the library through the visitor's browser: the browser then still sends that page's name.
 */
export const loopbackOnly = createMiddleware<HttpEnv>(async (c, next) => {
  const host = c.req.header('host') ?? new URL(c.req.url).host
  if (!namesThisMachine(host)) fail('FORBIDDEN', 'The Host header does not name this machine.')
  const origin = c.req.header('origin')
  if (!isFromHere({ host, origin })) fail('FORBIDDEN', 'The request comes from a page of another origin.')
  await next()
})
