import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Manifest } from '../../src/ann/manifest.ts'
import { sha256OfFile } from '../../src/disk/sync.ts'
import { createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { hashesOf } from './support/client.ts'
import { HEALTHY, healthOf, leftovers } from './support/database.ts'
import { measured, quantile, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { Ledger, NOTHING_WRONG } from './support/ledger.ts'
import { runClient } from './support/load.ts'
import { startServer } from './support/server.ts'

const STOPS = times(6, 50)
const CLIENTS = 3
const ANSWERS = 10
const OFFSET_MS = 25

const random = createRandom(505)

/** The manifest of a folder, its graph's file compared with it. */
async function savedGraph(dir: string): Promise<{ readonly manifest: Manifest; readonly sound: boolean }> {
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')))
  return { manifest, sound: (await sha256OfFile(join(dir, manifest.file))) === manifest.sha256 }
}

it(
  `ends well by SIGTERM at any of ${STOPS} moments: every request is answered or refused, the index is whole`,
  async () => {
    const dir = tempDir()
    const ledger = new Ledger()
    const statuses = new Map<number, number>()
    const endedMs: number[] = []
    for (let round = 0; round < STOPS; round += 1) {
      const server = await startServer(dir)
      expect(ledger.check(await hashesOf(server.url, ledger.ids)), `after stop ${round}`).toEqual(NOTHING_WRONG)
      let left = Math.ceil(random() * ANSWERS)
      let stoppedAt = 0
      const stop = (): void => {
        stoppedAt = performance.now()
        server.signal('SIGTERM')
      }
      const offset = random() * OFFSET_MS
      const onAnswer = (status: number): void => {
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        left -= 1
        if (left === 0) setTimeout(stop, offset)
      }
      await Promise.all(
        Array.from({ length: CLIENTS }, (_, at) =>
          runClient({ url: server.url, seed: round * CLIENTS + at, prefix: `s${round}c${at}`, ledger, onAnswer }),
        ),
      )
      expect(await server.exited).toEqual({ code: 0, signal: null })
      endedMs.push(performance.now() - stoppedAt)
      expect(healthOf(dir)).toEqual(HEALTHY)
      expect(leftovers(dir)).toEqual([])
      expect(await savedGraph(dir)).toMatchObject({ sound: true })
    }
    // 0 is a connection that was refused: the end of each client.
    expect([...statuses.keys()].filter((status) => ![0, 200, 204, 503].includes(status))).toEqual([])
    const figures = {
      stops: STOPS,
      endedMsMax: Math.round(quantile(endedMs, 1)),
      answers: Object.fromEntries(statuses),
    }
    measured('B7 stops by SIGTERM', figures)
  },
  TEST_TIMEOUT_MS,
)
