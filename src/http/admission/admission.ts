import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Refusal } from '../../domain/metrics.ts'
import { Backlog } from './backlog.ts'
import { Door } from './door.ts'
import { LANES, type Lane, laneOf, pathOf } from './lanes.ts'
import { Turns } from './turns.ts'
import { WaitingRoom } from './waiting-room.ts'

/** How much is taken on before requests are refused. */
export interface Limits {
  /** Requests that may wait for the same kind of work: embedding, writing, a language model. */
  readonly maxQueue: number
  /** How long requests may wait for their turn when more come than can be answered, in milliseconds. */
  readonly maxWaitMs: number
  /** Connections beyond it are told to come again. */
  readonly maxConnections: number
}

export const LIMITS: Limits = { maxQueue: 32, maxWaitMs: 10, maxConnections: 1_024 }

/** A client may send requests before it has the answers to those before; so many a connection. */
const MAX_PIPELINED = 16
/** So many connections are no crowd: each of them is soon let in as it is. */
const FEW = 16
/** A supervisor that is refused would restart a server that works. */
const NEVER_REFUSED: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics'])

interface Connection {
  /** Beyond the limit when it came. */
  readonly isSurplus: boolean
  /** Requests whose answers are not complete. */
  open: number
}

/** Takes the request's place back. */
export type Leave = () => void

/**
 * Decides, before anything of a request is looked at but its first line, whether there is room for it. What is refused
 * costs next to nothing, so that what is taken goes on as if it were alone.
 */
export class Admission {
  readonly #limits: Limits
  readonly #turns: Turns
  readonly #connections = new Map<Socket, Connection>()
  readonly #rooms: Readonly<Record<Lane, WaitingRoom>>
  readonly #door = new Door(() => this.#connections.keys())
  readonly #backlog: Backlog

  /** `beforeTurnEnds` does what is left to do of the requests of a turn. */
  constructor(limits: Limits, beforeTurnEnds = () => {}) {
    this.#limits = limits
    this.#backlog = new Backlog(limits.maxWaitMs)
    this.#turns = new Turns({
      maxWaitMs: limits.maxWaitMs,
      unread: () => this.#backlog.size,
      isPartial: () => this.#door.isOpen,
      beforeEnd: beforeTurnEnds,
      onEnd: () => this.#backlog.turned(),
    })
    const room = () => new WaitingRoom(limits.maxQueue)
    this.#rooms = { questions: room(), writes: room(), answers: room() }
  }

  get connections(): Iterable<Socket> {
    return this.#connections.keys()
  }

  /** Whether several requests are read in a turn of the event loop, and all of them are answered. */
  get isShared(): boolean {
    return this.#turns.isShared
  }

  /** For the metrics: how many there are now, by name. */
  get load(): readonly { readonly name: string; readonly help: string; readonly read: () => number }[] {
    const lanes = LANES.map((lane) => ({
      name: `http_${lane}_in_flight`,
      help: `Requests that wait for their work (${lane}).`,
      read: () => this.#rooms[lane].size,
    }))
    const connections = { name: 'http_connections', help: 'Open connections.', read: () => this.#connections.size }
    const unread = {
      name: 'http_connections_unread',
      help: 'Connections that were refused and wait to be read again.',
      read: () => this.#backlog.size,
    }
    return [connections, unread, ...lanes]
  }

  connected(socket: Socket): void {
    this.#connections.set(socket, { isSurplus: this.#connections.size >= this.#limits.maxConnections, open: 0 })
    socket.once('close', () => {
      this.#connections.delete(socket)
      this.#backlog.left(socket)
    })
    this.#door.came(this.#connections.size > FEW && this.#turns.isBusy)
  }

  /** Whether the connection ends with this answer. */
  isSurplus(socket: Socket): boolean {
    return this.#connections.get(socket)?.isSurplus ?? false
  }

  /** The way out, to be taken when the request is answered, or why there is no room for it. */
  enter({ socket, method, url }: IncomingMessage): Leave | Refusal {
    const path = pathOf(url)
    const connection = this.#connections.get(socket)
    if (!connection || NEVER_REFUSED.has(path)) return () => undefined
    if (connection.isSurplus) return 'connections'
    if (connection.open >= MAX_PIPELINED) return 'pipelined'
    if (!this.#hasTime(socket, connection)) return 'wait'
    const lane = laneOf(method, path)
    const room = lane && this.#rooms[lane]
    const waiting = room?.enter(performance.now())
    if (lane && !waiting) return lane
    connection.open += 1
    return () => {
      connection.open -= 1
      if (room && waiting) room.leave(waiting)
    }
  }

  /**
   * Whether there is time for it in this turn. A request that has waited too long is refused also where there is, but
   * the next one of its connection will not have to wait.
   */
  #hasTime(socket: Socket, { open }: Connection): boolean {
    const isLate = this.#backlog.isLate(socket)
    if (!isLate && this.#turns.take()) return true
    if (isLate && this.#turns.pass()) return false
    // What is under way on it may still be read, e.g. an upload.
    if (open === 0) this.#backlog.refused(socket)
    return false
  }
}
