import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { ending, environment, PROGRAM } from '../cli/run-kindred.ts'
import { openApp } from '../http/open-app.ts'
import { createIndex, type IndexFolder } from './connect.ts'
import { ENVELOPE, INITIALIZE } from './envelope.ts'
import { malformedMessages } from './malformed.ts'

const MESSAGES = 5_000
const SEED = 20_260_728

let index: IndexFolder
beforeAll(() => {
  index = createIndex()
})
afterAll(() => index.remove())

const Rpc = z.looseObject({ jsonrpc: z.literal('2.0') })
const search = (meta: object) => ({
  jsonrpc: '2.0',
  id: 'last',
  method: 'tools/call',
  params: { name: 'search', arguments: { query: 'water level of a harbour' }, ...meta },
})

it.each([
  ['2026-07-28', ENVELOPE, { jsonrpc: '2.0', id: 'first', method: 'tools/list', params: ENVELOPE }],
  ['2025-11-25', {}, INITIALIZE],
] as const)(
  `over stdio ${MESSAGES} malformed messages end nothing, and only JSON-RPC comes back (%s)`,
  async (_revision, meta, first) => {
    const child = spawn(process.execPath, [PROGRAM, 'mcp'], { cwd: index.dir, env: environment(), stdio: 'pipe' })
    onTestFinished(() => void child.kill('SIGKILL'))
    child.stderr.resume()
    const answers = createInterface({ input: child.stdout })
    let seen = 0
    const answered = new Promise<unknown>((resolve, reject) => {
      answers.on('line', (line) => {
        seen += 1
        try {
          const answer = Rpc.parse(JSON.parse(line))
          if (answer.id === 'last') resolve(answer)
        } catch (error) {
          reject(error)
        }
      })
      answers.on('close', () => reject(new Error('the program ended')))
    })
    const lines = [JSON.stringify(first), ...malformedMessages(MESSAGES, SEED, meta), JSON.stringify(search(meta))]
    child.stdin.write(`${lines.join('\n')}\n`)
    expect(await answered).toMatchObject({ result: { structuredContent: { results: expect.any(Array) } } })
    expect(seen).toBeGreaterThan(MESSAGES / 10)
    child.stdin.end()
    expect((await ending(child)).code).toBe(0)
  },
)

it(`over HTTP ${MESSAGES} malformed messages are answered without one fault of ours`, async () => {
  const app = await openApp()
  onTestFinished(() => app.close())
  const ask = (body: string, more: Record<string, string> = {}) =>
    app.request('/mcp', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...more },
    })
  const statuses = new Map<number, number>()
  const current = malformedMessages(MESSAGES / 2, SEED, ENVELOPE)
  const former = malformedMessages(MESSAGES / 2, SEED + 1, {})
  const version = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call', 'mcp-name': 'search' }
  for (const [at, body] of [...current, ...former].entries()) {
    const response = await ask(body, at % 4 === 0 && at < current.length ? version : {})
    await response.text()
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
    expect([at, body.slice(0, 500), response.status < 500]).toEqual([at, body.slice(0, 500), true])
  }
  // Noise that is all refused at the door would say little of what lies behind it.
  expect(statuses.get(200) ?? 0).toBeGreaterThan(MESSAGES / 20)
  expect(app.logged.filter(({ msg }) => msg === 'request failed')).toEqual([])
  const response = await ask(JSON.stringify(search({})))
  expect(await response.text()).toContain('tide-clocks')
}, 120_000)
