import { execFileSync } from 'node:child_process'
import { appendFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { type Draft, hashesOf, nearest, postJson, send } from './support/client.ts'
import { HEALTHY, healthOf } from './support/database.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { Ledger, NOTHING_WRONG } from './support/ledger.ts'
import { drafts } from './support/papers.ts'
import { type Server, startServer } from './support/server.ts'

const SEARCHES = times(20, 100)
const MIB = 1024 * 1024

const random = createRandom(808)

/** A folder with a saved graph, on which the server runs on. */
async function serving(dir: string, ledger: Ledger): Promise<{ readonly server: Server; readonly papers: Draft[] }> {
  const papers = drafts(random, 'first', 200)
  const first = await startServer(dir)
  expect(await ledger.writes(papers, () => send(first.url, papers))).toBe(200)
  expect((await first.end('SIGTERM')).code).toBe(0)
  return { server: await startServer(dir), papers }
}

const graphOf = (dir: string) =>
  readdirSync(dir)
    .filter((name) => name.endsWith('.hnsw') || name === 'manifest.json')
    .map((name) => [name, readFileSync(join(dir, name)).toString('base64')])

/** Adds papers until there is no room; the number that went in, and the refusal. */
async function fillUp(url: string, ledger: Ledger): Promise<{ readonly added: number; readonly problem: unknown }> {
  for (let round = 0; ; round += 1) {
    const papers = drafts(random, `full${ledger.size}r${round}`, 60)
    const answers: Response[] = []
    const status = await ledger.writes(papers, async () => {
      const response = await postJson(url, '/v1/papers', papers)
      answers.push(response)
      return response.status
    })
    if (status !== 200) return { added: round * 60, problem: await answers[0]?.json() }
  }
}

const FULL = { status: 507, code: 'STORAGE_FULL', remedy: expect.stringMatching(/space/) }

/** How the room ends, and how there is some again. */
interface Limit {
  readonly impose: (server: Server) => void
  /** Takes what is left, so that not even a graph fits. */
  readonly starve: (server: Server) => void
  readonly lift: (server: Server) => void
}

/** What a server without room owes: a clear refusal, right answers, nothing lost, and no restart when there is room. */
async function expectSurvival(dir: string, limit: Limit): Promise<void> {
  const ledger = new Ledger()
  const { server, papers } = await serving(dir, ledger)
  limit.impose(server)
  const { added, problem } = await fillUp(server.url, ledger)
  expect(problem).toMatchObject(FULL)
  expect(JSON.stringify(problem)).not.toMatch(/SQLITE|papers\.db/)
  for (const paper of papers.slice(0, SEARCHES)) {
    expect((await nearest(server.url, paper, 1)).data[0]?.id).toBe(paper.id)
    expect(await send(server.url, drafts(random, `again-${paper.id}`, 60))).toBe(507)
  }
  limit.starve(server)
  const snapshot = () => fetch(`${server.url}/v1/admin/snapshot`, { method: 'POST' })
  // The first one waits for a save that had begun while there was room.
  expect(await (await snapshot()).json()).toMatchObject(FULL)
  const graph = graphOf(dir)
  expect(await (await snapshot()).json()).toMatchObject(FULL)
  expect(graphOf(dir)).toEqual(graph)
  limit.lift(server)
  const more = drafts(random, 'more', 60)
  expect(await ledger.writes(more, () => send(server.url, more))).toBe(200)
  expect((await snapshot()).status).toBe(200)
  expect(graphOf(dir)).not.toEqual(graph)
  expect(ledger.check(await hashesOf(server.url, ledger.ids))).toEqual(NOTHING_WRONG)
  expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(healthOf(dir)).toEqual(HEALTHY)
  measured('B4 no room', { addedUntilFull: added, searches: SEARCHES })
}

const largest = (dir: string): number => Math.max(...readdirSync(dir).map((name) => statSync(join(dir, name)).size))

function limitFiles(server: Server, soft: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${soft}:`])
}

describe('a server without room', () => {
  it.skipIf(process.platform !== 'linux')(
    'refuses writes by STORAGE_FULL, answers searches, and writes again as soon as files may grow',
    async () => {
      const dir = tempDir()
      await expectSurvival(dir, {
        impose: (server) => limitFiles(server, largest(dir) + 64 * 1024),
        starve: (server) => limitFiles(server, 4096),
        lift: (server) => limitFiles(server, 'unlimited'),
      })
    },
    TEST_TIMEOUT_MS,
  )

  it(
    'does so too on a file system of 24 MiB that is full',
    async ({ skip }) => {
      const dir = tempDir()
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', dir], { stdio: 'ignore' })
      } catch {
        skip('mounting a file system is not allowed here')
      }
      onTestFinished(() => void execFileSync('umount', ['--lazy', dir]))
      const ballast = join(dir, 'ballast')
      writeFileSync(ballast, Buffer.alloc(10 * MIB))
      const rest = join(dir, 'rest')
      const starve = () => {
        try {
          for (;;) appendFileSync(rest, Buffer.alloc(4096))
        } catch {
          // There is no room left.
        }
      }
      const lift = () => {
        for (const file of [ballast, rest]) rmSync(file)
      }
      await expectSurvival(dir, { impose: () => undefined, starve, lift })
    },
    TEST_TIMEOUT_MS,
  )
})
