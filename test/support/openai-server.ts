import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { z } from 'zod'

/** What a client of chat completions must send. */
const Body = z.looseObject({
  model: z.string(),
  stream: z.literal(true),
  messages: z.array(z.object({ role: z.enum(['system', 'user']), content: z.string() })),
})

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: z.infer<typeof Body>
  /** When the connection of the answer ended: whether the answer was whole. */
  readonly ended: Promise<boolean>
}

type Behaviour = (response: ServerResponse, received: Received) => unknown

const chunk = (fields: object): string => `data: ${JSON.stringify({ object: 'chat.completion.chunk', ...fields })}\n\n`
const delta = (content: string): string => chunk({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })
const USAGE = { prompt_tokens: 321, completion_tokens: 12, total_tokens: 333 }

function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.flushHeaders()
}

/** The text as events, to its end. */
const whole = (pieces: readonly string[], finish: string): string =>
  [
    chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] }),
    ...pieces.map(delta),
    chunk({ choices: [{ index: 0, delta: {}, finish_reason: finish }] }),
    chunk({ choices: [], usage: USAGE }),
    'data: [DONE]\n\n',
  ].join('')

/** An answer in these pieces. */
export const says = (pieces: readonly string[], finish = 'stop'): Behaviour => {
  return (response) => {
    open(response)
    response.end(whole(pieces, finish))
  }
}

/** The same in writes of a few bytes: events, lines and characters are cut anywhere. */
export const dribbles = (pieces: readonly string[], bytes: number): Behaviour => {
  return (response) => {
    open(response)
    response.socket?.setNoDelay(true)
    const all = Buffer.from(whole(pieces, 'stop'))
    for (let at = 0; at < all.length; at += bytes) response.write(all.subarray(at, at + bytes))
    response.end()
  }
}

/** Some pieces, and then silence. */
export const hangs = (pieces: readonly string[] = []): Behaviour => {
  return (response) => {
    open(response)
    for (const piece of pieces) response.write(delta(piece))
  }
}

/** One piece after the other for ever. */
export const goesOn = (piece: string): Behaviour => {
  return (response) => {
    open(response)
    const more = (): void => {
      while (!response.destroyed && response.write(delta(piece)));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  }
}

/** Some pieces, and then the connection is cut. */
export const breaksOff = (pieces: readonly string[]): Behaviour => {
  return (response) => {
    open(response)
    for (const piece of pieces) response.write(delta(piece))
    response.write('', () => response.socket?.destroy())
  }
}

/** These bytes as a stream of events. */
export const sends = (text: string): Behaviour => {
  return (response) => {
    open(response)
    response.end(text)
  }
}

export const refuses = (status: number, error: object, headers: Record<string, string> = {}): Behaviour => {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ error }))
  }
}

/** Does not even answer with headers. */
export const ignores: Behaviour = () => undefined

export interface OpenAiServer {
  /** What a client is configured with. */
  readonly baseUrl: string
  /** The requests so far. */
  readonly received: Received[]
  /** How it answers the next requests, in order; the last one stays. */
  behave(...next: readonly Behaviour[]): void
  close(): Promise<void>
}

/** Speaks the chat completions of OpenAI, by a script. */
export async function startOpenAiServer(): Promise<OpenAiServer> {
  const received: Received[] = []
  let script: readonly Behaviour[] = [says(['Hello.'])]
  const server = createServer(async (request, response) => {
    const ended = once(response, 'close').then(() => response.writableFinished)
    const { url: path = '', headers } = request
    const asked: Received = { path, headers, body: Body.parse(await json(request)), ended }
    received.push(asked)
    const [behaviour = ignores, ...rest] = script
    if (rest.length > 0) script = rest
    behaviour(response, asked)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    received,
    behave: (...next) => {
      script = next
      received.splice(0)
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
