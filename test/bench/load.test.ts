import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { byClient } from '../../bench/load/load.mjs'
import { tempDir } from '../support/temp-dir.ts'

/** A server and a job for the load generator that asks it for `/0` to `/9`. */
async function jobFor(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const file = join(tempDir(), 'paths.txt')
  writeFileSync(file, `${Array.from({ length: 10 }, (_, at) => `/${at}`).join('\n')}\n`)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, file }
}

describe.each([{ compiled: true }, { compiled: false }])('the load generator, %o', (how) => {
  it('asks for each line in turn, from the one that it is told on', async () => {
    const asked: string[] = []
    const job = await jobFor((request, response) => {
      asked.push(request.url ?? '')
      response.end('x')
    })
    const { requests } = await byClient({ ...how, ...job, first: 7, ms: 1_000, rate: 25 })
    expect(requests).toBe(25)
    expect(asked.slice(0, 5)).toEqual(['/7', '/8', '/9', '/0', '/1'])
  })

  it('tells answers, refusals and broken connections apart, whole and chunked ones', async () => {
    const job = await jobFor((request, response) => {
      if (request.url === '/1') response.writeHead(503).end('busy')
      else if (request.url === '/2') response.destroy()
      else if (request.url === '/3') response.writeHead(304).end()
      else if (request.url === '/4') {
        response.write('one part,')
        response.end(' and another')
      } else response.end('x')
    })
    const result = await byClient({ ...how, ...job, ms: 1_000, rate: 100 })
    expect(result).toMatchObject({ requests: 90, refused: 10, failed: 10, unanswered: 0 })
  })

  it('counts what was due while the server stood still', async () => {
    const stallMs = 400
    let asked = 0
    const job = await jobFor((_request, response) => {
      asked += 1
      const until = asked === 10 ? performance.now() + stallMs : 0
      while (performance.now() < until);
      response.end('x')
    })
    // One that waits for an answer before it goes on would have met a single slow one.
    const { requests, p99 } = await byClient({ ...how, ...job, ms: 1_000, rate: 200, connections: 1 })
    expect(requests).toBe(200)
    expect(p99).toBeGreaterThan(stallMs / 2)
  })

  it('ends an open loop early where it is told to', async () => {
    const stop = new AbortController()
    let asked = 0
    const job = await jobFor((_request, response) => {
      asked += 1
      if (asked === 5) stop.abort()
      response.end('x')
    })
    const { requests } = await byClient({ ...how, ...job, ms: 60_000, rate: 50 }, stop.signal)
    expect(requests).toBeLessThan(1_000)
  })
})
