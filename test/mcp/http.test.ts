import { request as httpRequest } from 'node:http'
import { json as jsonOf } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { openApp, post } from '../http/open-app.ts'
import { ENVELOPE } from './envelope.ts'

let app: Awaited<ReturnType<typeof openApp>>
let server: RunningServer
beforeAll(async () => {
  app = await openApp()
  server = await startServer(app.context, { host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await server.close()
  await app.close()
})

const LIST = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
const ACCEPT = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' }

/** With a Host of our choice, which `fetch` would not send. */
function ask(headers: Record<string, string>, body: unknown = LIST): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${server.url}/mcp`, { method: 'POST', headers: { ...ACCEPT, ...headers } })
    request.on('error', reject)
    request.on('response', async (response) => {
      const isJson = response.headers['content-type']?.includes('json') ?? false
      const content = isJson ? await jsonOf(response) : await response.toArray()
      resolve({ status: response.statusCode ?? 0, body: content })
    })
    request.end(JSON.stringify(body))
  })
}

describe('POST /mcp', () => {
  it.each(['evil.test', 'localhost.evil.test', '10.0.0.1', '127.0.0.1.evil.test:80'])(
    'refuses the Host %s',
    async (host) => {
      expect(await ask({ host })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
    },
  )

  it.each(['https://evil.test', 'null', 'http://localhost.evil.test', 'file://', 'http://10.0.0.1'])(
    'refuses the Origin %s',
    async (origin) => {
      expect(await ask({ origin })).toMatchObject({ status: 403, body: { code: 'FORBIDDEN' } })
    },
  )

  it('answers loopback names, with an Origin of this machine or none', async () => {
    const { port } = new URL(server.url)
    for (const headers of [
      { host: `localhost:${port}` },
      { origin: `http://127.0.0.1:${port}` },
      { host: `[::1]:${port}` },
    ]) {
      expect((await ask(headers)).status).toBe(200)
    }
  })

  it('refuses bodies that are too large, of another type, or a flood of messages', async () => {
    const large = { ...LIST, params: { note: 'x'.repeat(1024 * 1024) } }
    const refused = await app.request('/mcp', { ...post(large), headers: ACCEPT })
    expect([refused.status, await refused.json()]).toMatchObject([413, { code: 'PAYLOAD_TOO_LARGE' }])
    const flood = Array.from({ length: 21 }, (_, id) => ({ ...LIST, id }))
    expect(await ask({}, flood)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    expect(await ask({ 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
  })

  it('has no stream to GET and no session to DELETE', async () => {
    for (const method of ['GET', 'DELETE']) {
      const response = await app.request('/mcp', { method, headers: { accept: 'text/event-stream' } })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe('POST')
    }
  })

  it('keeps no stream open for what never changes', async () => {
    const params = { ...ENVELOPE, notifications: { toolsListChanged: true } }
    const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'subscriptions/listen' }
    expect(await ask(headers, { ...LIST, method: 'subscriptions/listen', params })).toMatchObject({
      body: { error: { code: expect.any(Number) } },
    })
  })

  it('gives out no session', async () => {
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
    const response = await app.request('/mcp', {
      ...post({ jsonrpc: '2.0', id: 1, method: 'initialize', params }),
      headers: ACCEPT,
    })
    expect(response.status).toBe(200)
    expect(response.headers.get('mcp-session-id')).toBeNull()
  })

  it('answers 100 clients with the same ids to each its own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, async (_, client) => {
        const current = client % 2 === 0
        const params = { name: 'fetch', arguments: { id: `nobody-${client}` }, ...(current ? ENVELOPE : {}) }
        const headers = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'fetch' }
        const response = await fetch(`${server.url}/mcp`, {
          method: 'POST',
          headers: { ...ACCEPT, ...(current ? headers : {}) },
          body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
        })
        return response.text()
      }),
    )
    expect(answers.map((text) => /nobody-\d+/.exec(text)?.[0])).toEqual(answers.map((_, client) => `nobody-${client}`))
  })

  it('says nothing of a fault but its code, and logs it', async () => {
    const broken = {
      ...app.context.deps,
      store: { ...app.context.deps.store, get: () => Promise.reject(new Error('SELECT /secret')) },
    }
    const faulty = await startServer({ ...app.context, deps: broken }, { host: '127.0.0.1', port: 0 })
    const before = app.logged.length
    const response = await fetch(`${faulty.url}/mcp`, {
      method: 'POST',
      headers: ACCEPT,
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'fetch', arguments: { id: 'x' } },
      }),
    })
    const text = await response.text()
    await faulty.close()
    expect(text).toContain('INTERNAL')
    expect(text).not.toContain('secret')
    expect(app.logged.slice(before)).toContainEqual(
      expect.objectContaining({ code: 'INTERNAL', msg: 'request failed' }),
    )
  })

  it('gives the tools as they are registered, the same bytes each time', async () => {
    const Answer = z.object({ result: z.object({ tools: z.array(z.unknown()) }) })
    const texts = await Promise.all(
      [1, 2].map(async () =>
        (await fetch(`${server.url}/mcp`, { method: 'POST', headers: ACCEPT, body: JSON.stringify(LIST) })).text(),
      ),
    )
    expect(texts[0]).toBe(texts[1])
    const data = /^data: (.*)$/m.exec(texts[0] ?? '')?.[1] ?? texts[0] ?? ''
    expect(Answer.parse(JSON.parse(data)).result.tools).toHaveLength(6)
  })
})
