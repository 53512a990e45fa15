import { monitorEventLoopDelay } from 'node:perf_hooks'
import { expect, it, onTestFinished } from 'vitest'
import { createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { type OpenApp, openApp } from './support/app.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { drafts } from './support/papers.ts'

const PAPERS = times(1_000, 10_000)
const AT_ONCE = 500

const random = createRandom(1_313)
const milliseconds = (nanoseconds: number): number => Math.round(nanoseconds / 1e5) / 10

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** How often the liveness of the server was answered while the work ran. */
async function answeredDuring(app: OpenApp, what: string, work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  let running = true
  let answered = 0
  delay.enable()
  const done = work().finally(() => {
    running = false
  })
  while (running) {
    expect((await app.get('/healthz')).status).toBe(200)
    answered += 1
    await nextTurn()
  }
  await done
  delay.disable()
  const delayMs = {
    p50: milliseconds(delay.percentile(50)),
    p99: milliseconds(delay.percentile(99)),
    max: milliseconds(delay.max),
  }
  measured('B33 event loop', { what, papers: PAPERS, answered, delayMs })
  return answered
}

it(
  'answers again and again while a graph is rebuilt, vectors are compared exactly and papers come in',
  async () => {
    const app = await openApp(tempDir())
    onTestFinished(() => app.kindred.close())
    const papers = drafts(random, 'p', PAPERS)
    const add = async () => {
      for (let from = 0; from < PAPERS; from += AT_ONCE) {
        expect((await app.post('/v1/papers', papers.slice(from, from + AT_ONCE))).status).toBe(200)
      }
    }
    // Between any two transactions, but for the last of a request.
    expect(await answeredDuring(app, 'adding papers', add)).toBeGreaterThan(PAPERS / 128)
    const { index } = app.kindred.deps
    await index.snapshot()
    expect(await answeredDuring(app, 'rebuilding', () => index.rebuild())).toBeGreaterThan(20)
    const compare = async () => {
      for (const { title, abstract } of papers.slice(0, 50)) {
        expect((await app.post('/v1/similar', { title, abstract, exact: true })).status).toBe(200)
        // A request that comes by a socket begins in a turn of its own; one within the process does not.
        await nextTurn()
      }
    }
    expect(await answeredDuring(app, 'exact search', compare)).toBeGreaterThanOrEqual(50)
    expect(await answeredDuring(app, 'saving', () => index.snapshot())).toBeGreaterThan(0)
  },
  TEST_TIMEOUT_MS,
)
