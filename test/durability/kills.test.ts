import { expect, it } from 'vitest'
import { createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { hashesOf, send } from './support/client.ts'
import { HEALTHY, healthOf, leftovers } from './support/database.ts'
import { measured, median, quantile, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { Ledger, NOTHING_WRONG } from './support/ledger.ts'
import { runClient } from './support/load.ts'
import { drafts } from './support/papers.ts'
import { type Server, startServer } from './support/server.ts'

const KILLS = times(20, 200)
const PAPERS_BEFORE = times(200, 10_000)
const CLIENTS = 3
/** A kill comes after this many answers at most, and this long after the last of them. */
const ANSWERS = 12
const OFFSET_MS = 25

const random = createRandom(101)

/** Ends the server in the middle of what the clients ask of it; resolves when all of them have noticed. */
async function killUnderLoad(server: Server, ledger: Ledger, round: number): Promise<void> {
  const answers = Math.floor(random() * ANSWERS)
  const offset = random() * OFFSET_MS
  let left = answers
  const killSoon = (): void => void setTimeout(() => server.signal('SIGKILL'), offset)
  if (left === 0) killSoon()
  const onAnswer = (): void => {
    left -= 1
    if (left === 0) killSoon()
  }
  const clients = Array.from({ length: CLIENTS }, (_, at) =>
    runClient({ url: server.url, seed: round * CLIENTS + at, prefix: `k${round}c${at}`, ledger, onAnswer }),
  )
  await Promise.all(clients)
  expect(await server.exited).toEqual({ code: null, signal: 'SIGKILL' })
}

async function fill(dir: string, ledger: Ledger): Promise<void> {
  const server = await startServer(dir)
  const papers = drafts(random, 'first', PAPERS_BEFORE)
  for (let from = 0; from < papers.length; from += 500) {
    const some = papers.slice(from, from + 500)
    expect(await ledger.writes(some, () => send(server.url, some))).toBe(200)
  }
  await server.end('SIGTERM')
}

it(
  `loses and alters no acknowledged paper over ${KILLS} kills in the middle of writes`,
  async () => {
    const dir = tempDir()
    const ledger = new Ledger()
    await fill(dir, ledger)
    const ready: number[] = []
    for (let round = 0; round < KILLS; round += 1) {
      const server = await startServer(dir)
      ready.push(server.readyMs)
      expect(ledger.check(await hashesOf(server.url, ledger.ids)), `after kill ${round}`).toEqual(NOTHING_WRONG)
      expect(healthOf(dir)).toEqual(HEALTHY)
      expect(leftovers(dir, server.pid)).toEqual([])
      await killUnderLoad(server, ledger, round)
    }
    const last = await startServer(dir)
    expect(ledger.check(await hashesOf(last.url, ledger.ids))).toEqual(NOTHING_WRONG)
    expect(healthOf(dir)).toEqual(HEALTHY)
    measured('B1 kills', {
      kills: KILLS,
      acknowledged: ledger.size,
      readyMsMedian: Math.round(median(ready)),
      readyMsMax: Math.round(quantile(ready, 1)),
    })
    expect((await last.end('SIGTERM')).code).toBe(0)
  },
  TEST_TIMEOUT_MS,
)
