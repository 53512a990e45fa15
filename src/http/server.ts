import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { getRequestListener } from '@hono/node-server'
import { fail, KindredError, toKindredError } from '../domain/errors.ts'
import { Admission, LIMITS, type Limits } from './admission/admission.ts'
import { isForWriter, pathOf } from './admission/lanes.ts'
import { createRefusalLog, refuse, sendProblem } from './admission/refuse.ts'
import { createAnswers, createApp } from './app.ts'
import type { HttpContext } from './context.ts'
import { forward } from './forward.ts'
import { type Answering, type Listener, withHotPath } from './hot-path.ts'
import { InFlight } from './in-flight.ts'
import { bareHost, isLoopback } from './loopback.ts'
import { toProblem } from './problem.ts'

const SETTINGS = {
  headersTimeout: 10_000,
  /**
   * For the whole of a request to arrive. An upload is read no faster than its papers are embedded, so the largest one
   * takes minutes; every other body has its own, short deadline.
   */
  requestTimeout: 30 * 60_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16 * 1024,
} as const
/** Connections beyond the limit are answered, and closed then; of this many times the limit they are not even that. */
const MOST_SURPLUS = 4

/** How long a close waits for requests in flight before it cuts them, and then for their handlers to notice. */
const GRACE_MS = 10_000

export interface Address {
  readonly host: string
  /** 0 takes any free one. */
  readonly port: number
}

/** Where to serve, and how much to take on. */
export interface Serving extends Address, Partial<Limits> {
  /** For other processes of ours, which share the other port with this one. */
  readonly isPrivate?: boolean
}

export interface RunningServer {
  readonly url: string
  /** Takes no new connection, finishes what is in flight (for 10 s at most) and closes. */
  close(): Promise<void>
}

/** A request line or Host that no URL can be made of never reaches the app. */
const refuseTarget = (): Response => {
  const problem = toProblem(
    new KindredError('INVALID_REQUEST', 'The target or the Host of the request is not valid.'),
    randomUUID(),
  )
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'Content-Type': 'application/problem+json' },
  })
}

interface Listening {
  readonly server: Server
  readonly admission: Admission
  readonly inFlight: InFlight
}

/** In a process that only reads, what it cannot answer itself is answered by the one that writes. */
async function createAnswering(context: HttpContext, isShared: () => boolean): Promise<Answering> {
  const { writerPort, log } = context
  const answers = createAnswers(context)
  const app = getRequestListener(createApp(context, answers).fetch, { errorHandler: refuseTarget })
  const answering = await withHotPath({ context, answers, app, isShared })
  if (!writerPort) return answering
  const { answer, endTurn } = answering
  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    try {
      await forward(request, response, writerPort())
    } catch (thrown) {
      log.warn({ err: thrown }, 'a request could not be forwarded to the process that writes')
      if (response.headersSent) response.destroy()
      else sendProblem(response, toProblem(toKindredError(thrown), ''))
    }
  }
  const share: Listener = (request, response) =>
    isForWriter(request.method, pathOf(request.url)) ? pass(request, response) : answer(request, response)
  return { answer: share, endTurn }
}

async function createHttpServer(context: HttpContext, limits: Limits): Promise<Listening> {
  const { metrics } = context.deps
  const admission: Admission = new Admission(limits, () => endTurn())
  const noteRefusal = createRefusalLog(context.log)
  const inFlight = new InFlight()
  const { answer, endTurn } = await createAnswering(context, () => admission.isShared)
  const server = createServer(SETTINGS, (request, response) => {
    if (admission.isSurplus(request.socket)) response.shouldKeepAlive = false
    const leave = admission.enter(request)
    if (typeof leave === 'string') {
      metrics.noteRefused(leave)
      noteRefusal()
      return refuse(response, leave)
    }
    const handled = answer(request, response)
    if (!handled) return leave()
    inFlight.follow(response, handled, leave)
  })
  server.maxConnections = MOST_SURPLUS * limits.maxConnections
  server.on('connection', (socket) => admission.connected(socket))
  return { server, admission, inFlight }
}

/** As many as may come at once; one that finds no place in the kernel's queue is a second late. */
const LISTEN_BACKLOG = 1_024

function listen(server: Server, { host, port, isPrivate: exclusive = false }: Serving): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: bareHost(host), port, exclusive, backlog: LISTEN_BACKLOG }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function shutDown({ server, admission, inFlight }: Listening): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  const { responses } = inFlight
  // Node itself closes only what has been idle after a request; browsers also open connections in advance.
  const busy = new Set(responses.map(({ socket }) => socket))
  for (const socket of admission.connections) if (!busy.has(socket)) socket.destroySoon()
  // A client that keeps its connection would otherwise hold the server until that has been idle for long enough.
  for (const response of responses) if (!response.headersSent) response.setHeader('Connection', 'close')
  const cut = setTimeout(() => server.closeAllConnections(), GRACE_MS)
  await closed
  clearTimeout(cut)
  // A handler outlives its connection when that was cut: the store must stay open until it has noticed.
  await Promise.race([inFlight.ended(), delay(GRACE_MS, undefined, { ref: false })])
}

/** Throws HOST_REFUSED for an address that other machines reach: there is no access control yet. */
export function refuseForeignHost(host: string): void {
  if (!isLoopback(host)) fail('HOST_REFUSED', `"${host}" is not a loopback address.`)
}

/** Serves on a loopback address. Throws HOST_REFUSED, PORT_UNAVAILABLE. */
export async function startServer(context: HttpContext, serving: Serving): Promise<RunningServer> {
  const { host, port } = serving
  refuseForeignHost(host)
  const listening = await createHttpServer(context, { ...LIMITS, ...serving })
  const { server, admission } = listening
  try {
    await listen(server, serving)
  } catch (cause) {
    fail('PORT_UNAVAILABLE', `Port ${port} of ${host} cannot be listened on.`, { cause })
  }
  server.on('error', (err) => context.log.error({ err }, 'the server has a problem'))
  if (!serving.isPrivate) for (const gauge of admission.load) context.deps.metrics.addGauge(gauge)
  const bound = (server.address() as AddressInfo).port
  const name = bareHost(host)
  let closing: Promise<void> | undefined
  return {
    url: `http://${name.includes(':') ? `[${name}]` : name}:${bound}`,
    close: () => (closing ??= shutDown(listening)),
  }
}
