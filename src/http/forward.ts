import { type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { fail } from '../domain/errors.ts'

/** Of one connection and not of the request (RFC 9110, 7.6.1); `expect` was answered by the server that this one is. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  'expect',
])

/** Name, value, name, value … as they came, without those of the connection. */
function endToEnd(rawHeaders: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (!HOP_BY_HOP.has(name.toLowerCase())) pairs.push([name, value])
  }
  return pairs
}

const unavailable = (cause?: unknown): never =>
  fail('WRITER_UNAVAILABLE', undefined, { retryAfterSeconds: 1, ...(cause !== undefined && { cause }) })

/** Sends the body on as it arrives; the answer of the process that writes. A connection each: none can be stale. */
function sendOn(request: IncomingMessage, response: ServerResponse, port: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, url: path, rawHeaders } = request
    const headers = endToEnd(rawHeaders).flat()
    const isChunked = request.headers['transfer-encoding'] !== undefined
    const onward = openRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      agent: false,
      headers: [...headers, ...(isChunked ? ['Transfer-Encoding', 'chunked'] : []), 'Connection', 'close'],
    })
    // A client that goes away takes its request along.
    response.once('close', () => onward.destroy())
    onward.once('response', resolve)
    onward.on('error', reject)
    request.pipe(onward)
  })
}

/**
 * Has another process of this machine answer a request, whose body and answer pass through here as they arrive. Throws
 * WRITER_UNAVAILABLE where nobody answers; then it is not known whether a write took place, as with any lost answer.
 */
export async function forward(request: IncomingMessage, response: ServerResponse, port: number | null): Promise<void> {
  if (port === null) return unavailable()
  const answer = await sendOn(request, response, port).catch(unavailable)
  response.writeHead(answer.statusCode ?? 502, endToEnd(answer.rawHeaders).flat())
  await pipeline(answer, response)
}
