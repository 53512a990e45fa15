import { EventEmitter, once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Admission, LIMITS } from '../../src/http/admission/admission.ts'
import { Backlog } from '../../src/http/admission/backlog.ts'
import { areRead, withConnections } from '../support/connections.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('a connection whose request was refused', () => {
  it('is left unread until its turn comes, in the order of the refusals, and then is answered', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000)
    const { accepted, clients } = await withConnections(40)
    const backlog = new Backlog(10)
    for (const socket of accepted) backlog.refused(socket)
    backlog.turned()
    expect([backlog.size, areRead(accepted).some(Boolean)]).toEqual([40, false])
    clients[0]?.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    now.mockReturnValue(1_002)
    backlog.turned()
    const read = areRead(accepted)
    expect(read).toEqual(read.toSorted((one, other) => Number(other) - Number(one)))
    expect([read[0], read[39]]).toEqual([true, false])
    const [answer] = clients[0] ? await once(clients[0], 'data') : []
    expect(String(answer)).toContain('200 OK')
    // All of them within some 50 ms, however short the turns are.
    for (let ms = 3; ms < 100; ms += 1) {
      now.mockReturnValue(1_000 + ms)
      backlog.turned()
    }
    expect([backlog.size, areRead(accepted).every(Boolean)]).toEqual([0, true])
  })

  it('waits on where one turn was long, so that the next ones are not', async () => {
    const now = vi.spyOn(performance, 'now').mockReturnValue(1_000)
    const { accepted } = await withConnections(300)
    const backlog = new Backlog(10)
    for (const socket of accepted) backlog.refused(socket)
    backlog.turned()
    now.mockReturnValue(1_030)
    backlog.turned()
    const first = 300 - backlog.size
    now.mockReturnValue(1_031)
    backlog.turned()
    expect(first).toBeLessThan(50)
    expect(300 - backlog.size).toBeLessThan(100)
  })

  it('is read again by the clock where nobody asks', async () => {
    const { accepted } = await withConnections(2)
    const backlog = new Backlog(1)
    for (const socket of accepted) backlog.refused(socket)
    backlog.turned()
    expect(backlog.size).toBe(2)
    while (backlog.size > 0) await nextTurn()
    expect(areRead(accepted)).toEqual([true, true])
  })

  it('is late only with what waited there when it was read again', async () => {
    const { accepted } = await withConnections(1)
    const [socket] = accepted
    if (!socket) throw new Error('there is one')
    const backlog = new Backlog(1)
    backlog.refused(socket)
    backlog.turned()
    while (backlog.size > 0) await nextTurn()
    await nextTurn()
    expect(backlog.isLate(socket)).toBe(false)
  })

  it('is forgotten when it is closed, and left alone where somebody else has paused it', async () => {
    const { accepted } = await withConnections(2)
    const [one, other] = accepted
    if (!one || !other) throw new Error('there are two')
    const backlog = new Backlog(10)
    other.pause()
    backlog.refused(one)
    backlog.refused(other)
    backlog.turned()
    expect(backlog.size).toBe(1)
    backlog.left(one)
    backlog.turned()
    expect([backlog.size, ...areRead(accepted)]).toEqual([0, false, false])
  })
})

/** A connection of the simulation: only whether it is read matters. */
class Client extends EventEmitter {
  destroyed = false
  /** When the request that waits was sent. */
  sentAt = 0
  #isRead = true

  pause(): void {
    this.#isRead = false
  }

  resume(): void {
    this.#isRead = true
  }

  isPaused(): boolean {
    return !this.#isRead
  }
}

const SERVICE_MS = 0.2
const REFUSAL_MS = 0.06
const quantile = (times: readonly number[], share: number): number =>
  [...times].sort((one, other) => one - other)[Math.floor(share * times.length)] ?? 0

/** An event loop whose clock moves only by its work, and clients that ask again as soon as they are answered or refused. */
class Loop {
  readonly #admission = new Admission(LIMITS)
  #due: (() => void)[] = []
  #now = 1_000
  readonly #clients: Client[] = []

  constructor() {
    vi.spyOn(performance, 'now').mockImplementation(() => this.#now)
    vi.stubGlobal('setImmediate', (work: () => void) => this.#due.push(work))
    // There always is somebody who asks.
    vi.stubGlobal('setTimeout', () => undefined)
  }

  join(count: number): void {
    for (let at = 0; at < count; at += 1) {
      const client = new Client()
      client.sentAt = this.#now
      this.#clients.push(client)
      this.#admission.connected(client as unknown as Socket)
    }
  }

  /** All but so many go away. */
  leave(count: number): void {
    for (const client of this.#clients.splice(count)) client.emit('close')
  }

  run(forMs: number): { answered: number[]; refused: number[] } {
    const until = this.#now + forMs
    const times: { answered: number[]; refused: number[] } = { answered: [], refused: [] }
    while (this.#now < until) {
      for (const client of this.#clients.filter((each) => !each.isPaused())) this.#ask(client, times)
      for (const work of this.#due.splice(0)) work()
    }
    return times
  }

  #ask(client: Client, { answered, refused }: { answered: number[]; refused: number[] }): void {
    const request = { socket: client, method: 'GET', url: '/v1/papers/a/similar' } as unknown as IncomingMessage
    const leave = this.#admission.enter(request)
    const isTaken = typeof leave !== 'string'
    this.#now += isTaken ? SERVICE_MS : REFUSAL_MS
    if (isTaken) leave()
    ;(isTaken ? answered : refused).push(this.#now - client.sentAt)
    client.sentAt = this.#now
  }
}

describe('clients that ask again at once', () => {
  it.for([200, 400, 800])(
    'leave answers quick, however many of %d are refused all the time, and are themselves refused soon',
    (count, { annotate }) => {
      const loop = new Loop()
      loop.join(16)
      const quiet = quantile(loop.run(1_000).answered, 0.99)
      loop.join(count - 16)
      // What came at once is worked off first.
      loop.run(1_000)
      const { answered, refused } = loop.run(10_000)
      const [slow, late] = [quantile(answered, 0.99), quantile(refused, 0.99)]
      const share = (answered.length * SERVICE_MS) / 10_000
      void annotate(
        `p99 ${quiet.toFixed(1)}, then ${slow.toFixed(1)} ms; refused ${late.toFixed(0)} ms; ${share.toFixed(2)}`,
      )
      expect(slow).toBeLessThan(quiet)
      expect(late).toBeLessThan(20 + Math.max(50, count / 5))
      expect(share).toBeGreaterThan(0.4)
    },
  )

  it.for([12, 30])('are all answered again soon after all but %d have gone', (count) => {
    const loop = new Loop()
    loop.join(400)
    expect(loop.run(3_000).refused.length).toBeGreaterThan(0)
    loop.leave(count)
    loop.run(500)
    const { answered, refused } = loop.run(1_000)
    expect(refused).toEqual([])
    expect(answered.length).toBeGreaterThan(4_000)
  })
})
