import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { fail } from '../../domain/errors.ts'
import type { HttpEnv } from '../context.ts'
import { withinDeadline } from '../deadline.ts'

/** Ordinary requests: a question with its options. */
export const SMALL_BODY = 64 * 1024
/** Pasted texts and batches: what their schemas allow fits in. */
export const LARGE_BODY = 1024 * 1024

/** Hono keeps the text, so the JSON that the handler asks for later is parsed from it. */
async function keepText(c: Context<HttpEnv>): Promise<void> {
  try {
    await c.req.text()
  } catch (cause) {
    fail('INTERRUPTED', 'The body broke off.', { cause })
  }
}

/** Reads the body as a whole, however it is sent: at most `maxBytes` of it, and not for ever. */
export function wholeBody(maxBytes: number) {
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: () => fail('PAYLOAD_TOO_LARGE', `The body is larger than ${maxBytes} bytes.`),
  })
  return createMiddleware<HttpEnv>(async (c, next) => {
    await withinDeadline(limit(c, () => keepText(c)))
    await next()
  })
}
