import { createMiddleware } from 'hono/factory'
import { fail } from '../../domain/errors.ts'
import type { HttpEnv } from '../context.ts'

/** The media type of a Content-Type header, without its parameters. */
export const mediaTypeOf = (header: string | undefined): string =>
  (header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''

/** Refuses bodies of any other type, and compressed ones, with UNSUPPORTED_MEDIA_TYPE. */
export function mediaType(...accepted: readonly string[]) {
  return createMiddleware<HttpEnv>(async (c, next) => {
    const given = mediaTypeOf(c.req.header('content-type'))
    if (!accepted.includes(given)) {
      const told = given === '' ? 'The request has no Content-Type' : 'The Content-Type is another one'
      fail('UNSUPPORTED_MEDIA_TYPE', `${told}; this route takes ${accepted.join(' or ')}.`)
    }
    if (c.req.header('content-encoding') !== undefined) {
      fail('UNSUPPORTED_MEDIA_TYPE', 'Compressed bodies are not taken; send the body as it is.')
    }
    await next()
  })
}
