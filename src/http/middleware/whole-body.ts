import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { fail } from '../../domain/errors.ts'
import type { HttpEnv } from '../context.ts'

/** Ordinary requests: a question with its options. */
export const SMALL_BODY = 64 * 1024
/** Pasted texts and batches: what their schemas allow fits in. */
export const LARGE_BODY = 1024 * 1024
/** A body that drips in more slowly than this holds a connection for nothing. */
const BODY_DEADLINE_MS = 30_000

const readNothingMore = async () => {}

async function within<T>(deadlineMs: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(), deadlineMs)
  try {
    return await Promise.race([work, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
