import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { HttpEnv } from './context.ts'
import { problemOf } from './problem.ts'

/** Less than the minute after which many a proxy takes a silent connection for dead. */
const KEEP_ALIVE_MS = 15_000

interface Event {
  readonly event: string
  readonly data: unknown
}

const write = (stream: SSEStreamingApi, { event, data }: Event): Promise<void> =>
  stream.writeSSE({ event, data: JSON.stringify(data) })

/** A comment now, which opens the stream, and one every so often; none waits behind another that nobody reads. */
function keepAlive(stream: SSEStreamingApi, everyMs: number): NodeJS.Timeout {
  let waiting = false
  const comment = async (): Promise<void> => {
    if (waiting) return
    waiting = true
    await stream.write(': keep-alive\n\n')
    waiting = false
  }
  void comment()
  return setInterval(() => void comment(), everyMs)
}

/**
 * Answers with server-sent events. What goes wrong once the stream is open comes as an event `error` with a problem.
 */
export function eventStream(c: Context<HttpEnv>, events: AsyncIterable<Event>): Response {
  const { keepAliveMs = KEEP_ALIVE_MS } = c.var.kindred
  // Proxies that collect an answer before they pass it on are asked not to.
  c.header('X-Accel-Buffering', 'no')
  return streamSSE(c, async (stream) => {
    const alive = keepAlive(stream, keepAliveMs)
    try {
      for await (const event of events) await write(stream, event)
    } catch (thrown) {
      await write(stream, { event: 'error', data: problemOf(c, thrown) })
    } finally {
      clearInterval(alive)
    }
  })
}
