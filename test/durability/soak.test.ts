import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createRandom, pick } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { drop, hashesOf, nearest, postJson, send } from './support/client.ts'
import { HEALTHY, healthOf } from './support/database.ts'
import { FULL, measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { Ledger, NOTHING_WRONG } from './support/ledger.ts'
import { growth, openFiles, peakMib, residentMib } from './support/memory.ts'
import { draft, drafts } from './support/papers.ts'
import { type Server, startServer } from './support/server.ts'

const REQUESTS = times(400, 100_000)
const PAPERS = times(200, 2_000)
const CLIENTS = 4
const SAMPLES = 50
const MOST_GROWTH = 1.2

/** Loaded into the server, so that it can say what it holds. */
const REPORTER = new URL('../fixtures/report-memory.mjs', import.meta.url)
const Held = z.object({ resident: z.int(), heap: z.int(), external: z.int(), arrayBuffers: z.int() })
/** After how many samples: what has been asked once is cached by the first. */
const HELD_AFTER = [10, 20, 30, 40, 50]

const MANY = times(1_000, 30_000)
const MOST_MIB = 1_024

const random = createRandom(1_414)

interface Soak {
  readonly url: string
  readonly ledger: Ledger
}

/** One client's papers are its own; each of them is there, changed or deleted for a while. */
async function request({ url, ledger }: Soak, client: number): Promise<number> {
  const id = `p-${client + CLIENTS * Math.floor((random() * PAPERS) / CLIENTS)}`
  const paper = draft(random, id, Math.floor(random() * 1e6))
  const choice = random()
  if (choice < 0.1) return ledger.writes([paper], () => send(url, [paper]))
  if (choice < 0.12) return ledger.removes(id, () => drop(url, id))
  if (choice < 0.4) return answer(fetch(`${url}/v1/papers/${id}/similar`))
  if (choice < 0.6) return answer(postJson(url, '/v1/search', { query: paper.title, mode: 'lexical' }))
  if (choice < 0.8) return answer(postJson(url, '/v1/search', { query: paper.abstract }))
  if (choice < 0.9) return answer(fetch(`${url}/v1/papers/${id}`))
  return answer(fetch(`${url}${pick(random, ['/v1/papers?limit=20', '/v1/stats', '/readyz', '/v1/suggest?q=graph'])}`))
}

async function answer(response: Promise<Response>): Promise<number> {
  const { status, ...rest } = await response.then(async (got) => ({ status: got.status, text: await got.text() }))
  expect([200, 404], JSON.stringify(rest)).toContain(status)
  return status
}

/** What the server still holds after a full garbage collection, in MiB. */
async function heldBy({ pid, log }: Server): Promise<z.infer<typeof Held>> {
  const reports = () => log.filter(({ event }) => event === 'memory')
  const before = reports().length
  process.kill(pid, 'SIGUSR2')
  await expect.poll(() => reports().length, { timeout: 30_000 }).toBe(before + 1)
  return Held.parse(reports().at(-1)?.held)
}

describe.skipIf(process.platform !== 'linux')('the server', () => {
  it(
    `holds its memory and its descriptors over ${REQUESTS} mixed requests, and loses nothing`,
    async () => {
      const dir = tempDir()
      const env = { KINDRED_LOG_LEVEL: 'warn', NODE_OPTIONS: `--import ${REPORTER}` }
      const server = await startServer(dir, { env })
      const soak = { url: server.url, ledger: new Ledger() }
      const papers = drafts(random, 'p', PAPERS)
      for (let from = 0; from < PAPERS; from += 500) {
        const some = papers.slice(from, from + 500)
        await soak.ledger.writes(some, () => send(server.url, some))
      }
      const resident: number[] = []
      const files: number[] = []
      const held: z.infer<typeof Held>[] = []
      for (let sample = 0; sample < SAMPLES; sample += 1) {
        const rounds = REQUESTS / SAMPLES / CLIENTS
        const clients = Array.from({ length: CLIENTS }, async (_, client) => {
          for (let n = 0; n < rounds; n += 1) await request(soak, client)
        })
        await Promise.all(clients)
        resident.push(residentMib(server.pid))
        files.push(openFiles(server.pid))
        if (HELD_AFTER.includes(sample + 1)) held.push(await heldBy(server))
      }
      expect(soak.ledger.check(await hashesOf(server.url, soak.ledger.ids))).toEqual(NOTHING_WRONG)
      measured('B26 soak', {
        requests: REQUESTS,
        papers: PAPERS,
        residentMib: resident,
        growth: growth(resident),
        heldMib: held,
        files: files.at(-1),
      })
      if (FULL) {
        expect(growth(resident)).toBeLessThanOrEqual(MOST_GROWTH)
        const heaps = held.map(({ heap }) => heap)
        expect(heaps.at(-1)).toBeLessThanOrEqual(MOST_GROWTH * (heaps[1] ?? 0))
      }
      // A connection that is kept alive, or a save under way, is no leak: they are let go of.
      const usual = (files[SAMPLES / 5] ?? 0) + CLIENTS
      await expect.poll(() => openFiles(server.pid), { timeout: 30_000 }).toBeLessThanOrEqual(usual)
      expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
      expect(healthOf(dir)).toEqual(HEALTHY)
    },
    TEST_TIMEOUT_MS,
  )

  it(
    `takes in ${MANY} papers and serves them within ${MOST_MIB} MiB, also after a restart`,
    async () => {
      const dir = tempDir()
      const first = await startServer(dir, { env: { KINDRED_LOG_LEVEL: 'warn' } })
      const papers = drafts(random, 'm', MANY)
      for (let from = 0; from < MANY; from += 500)
        expect(await send(first.url, papers.slice(from, from + 500))).toBe(200)
      const ingesting = peakMib(first.pid)
      expect((await first.end('SIGTERM')).code).toBe(0)
      const server = await startServer(dir)
      for (const paper of papers.slice(0, 200)) expect((await nearest(server.url, paper, 1)).data[0]?.id).toBe(paper.id)
      const serving = peakMib(server.pid)
      const { readyMs } = server
      measured('B28 memory', {
        papers: MANY,
        dimension: 384,
        ingestingMib: ingesting,
        servingMib: serving,
        readyMs: Math.round(readyMs),
      })
      expect(Math.max(ingesting, serving)).toBeLessThanOrEqual(MOST_MIB)
      expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
    },
    TEST_TIMEOUT_MS,
  )
})
