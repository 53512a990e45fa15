import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { createRandom } from '../support/random.ts'
import { send } from './support/client.ts'
import { draft } from './support/papers.ts'
import { startServer } from './support/server.ts'

vi.setConfig({ testTimeout: 120_000 })

const CLIENTS = 160
const EACH = 20

async function metric(url: string, name: RegExp): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return [...text.matchAll(name)].reduce((sum, [, value]) => sum + Number(value), 0)
}

it('answers 200 or 503 with Retry-After to ten times the clients it has room for, and everybody afterwards', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kindred-overload-'))
  const env = { KINDRED_MAX_WAIT_MS: '1', KINDRED_MAX_QUEUE: '4', KINDRED_LOG_LEVEL: 'silent' }
  const server = await startServer(dir, { env })
  const { url } = server
  const random = createRandom(7)
  const papers = Array.from({ length: 300 }, (_, at) => draft(random, `paper-${at}`))
  expect(await send(url, papers)).toBe(200)

  const seen = { ok: 0, refused: 0, wrong: [] as string[] }
  const client = async (number: number): Promise<void> => {
    for (let turn = 0; turn < EACH; turn += 1) {
      const path =
        turn % 3 === 0 ? `/v1/search?q=word+${number}+${turn}` : `/v1/papers/paper-${(number + turn) % 300}/similar`
      const response = await fetch(`${url}${path}`)
      const body: unknown = await response.json()
      if (response.status === 200) seen.ok += 1
      else if (response.status === 503 && response.headers.get('retry-after') === '1') seen.refused += 1
      else seen.wrong.push(`${path} ${response.status} ${JSON.stringify(body)}`)
    }
  }
  let isOver = false
  const health: number[] = []
  const waiting: number[] = []
  const watch = async (): Promise<void> => {
    while (!isOver) {
      for (const path of ['/healthz', '/readyz']) health.push((await fetch(`${url}${path}`)).status)
      waiting.push(await metric(url, /^kindred_http_questions_in_flight (\d+)$/gm))
    }
  }
  const watched = watch()
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)))
  isOver = true
  await watched

  expect(seen.wrong).toEqual([])
  expect(seen.ok + seen.refused).toBe(CLIENTS * EACH)
  expect(seen.refused).toBeGreaterThan(0)
  expect(seen.ok).toBeGreaterThan(0)
  expect(await metric(url, /^kindred_http_refused_total\{.*\} (\d+)$/gm)).toBe(seen.refused)
  expect(health.length).toBeGreaterThan(0)
  expect(new Set(health)).toEqual(new Set([200]))
  expect(Math.max(...waiting)).toBeLessThanOrEqual(16)
  for (let at = 0; at < 20; at += 1) expect((await fetch(`${url}/v1/papers/paper-${at}/similar`)).status).toBe(200)
  expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
})
