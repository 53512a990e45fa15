import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type LiveServer, reachServer } from '../../src/cli/server-client.ts'

interface Busy {
  readonly server: LiveServer
  /** Paths of the requests, in order. */
  readonly asked: string[]
}

/** A server that is busy for its first answers, and how often it was asked. */
async function busyFor(times: number, headers: Readonly<Record<string, string>>, status = 503): Promise<Busy> {
  const asked: string[] = []
  const listening = createServer((request, response) => {
    if (request.url === '/v1/admin/process') return response.end(JSON.stringify({ pid: 1, lockId: 'lock' }))
    asked.push(request.url ?? '')
    if (asked.length > times) return response.end('{"done": true}')
    response.writeHead(status, headers)
    return response.end(JSON.stringify({ code: 'OVERLOADED', detail: 'Too much at once.' }))
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void listening.close())
  const { port } = listening.address() as AddressInfo
  const server = await reachServer(`http://127.0.0.1:${port}`, 'lock')
  if (!server) throw new Error('the server has the lock')
  return { server, asked }
}

const call = { method: 'POST', path: '/v1/papers', body: { type: 'application/json', content: '[]' } } as const

describe('a command that writes through a busy server', () => {
  it.each([429, 503])('asks again when it is told to (%i)', async (status) => {
    const { server, asked } = await busyFor(2, { 'retry-after': '0' }, status)
    expect(await server.call(call)).toEqual({ done: true })
    expect(asked).toEqual(Array.from({ length: 3 }, () => '/v1/papers'))
  })

  it('gives up after a few times', async () => {
    const { server, asked } = await busyFor(Number.POSITIVE_INFINITY, { 'retry-after': '0' })
    await expect(server.call(call)).rejects.toMatchObject({ code: 'OVERLOADED', message: 'Too much at once.' })
    expect(asked).toHaveLength(6)
  })

  it.each([{}, { 'retry-after': 'soon' }])('does not where nobody says when: %o', async (headers) => {
    const { server, asked } = await busyFor(1, headers)
    await expect(server.call(call)).rejects.toMatchObject({ code: 'OVERLOADED' })
    expect(asked).toHaveLength(1)
  })

  it('stops waiting when it is stopped', async () => {
    const { server, asked } = await busyFor(1, { 'retry-after': '3600' })
    const stop = new AbortController()
    const waiting = server.call({ ...call, signal: stop.signal })
    await expect.poll(() => asked.length).toBe(1)
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })
})
