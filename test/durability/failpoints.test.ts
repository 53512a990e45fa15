import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { FAILPOINTS, type Failpoint } from '../../src/domain/failpoint.ts'
import { SCHEMA_VERSION } from '../../src/store/migrations.ts'
import { createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { BACKUP, RESTORE } from './support/archive-points.ts'
import { type Draft, drop, nearest, readiness, send, whole } from './support/client.ts'
import { HEALTHY, healthOf, leftovers } from './support/database.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { drafts } from './support/papers.ts'
import { StartError, startServer } from './support/server.ts'

const ROUNDS = times(1, 10)
/** Papers a transaction: the batch of services/ingest-target.ts. */
const BATCH = 16
/** Papers that each check searches for, the last ones. */
const SAMPLE = 70
const KILLED = { code: null, signal: 'SIGKILL' }

const random = createRandom(202)
const FIRST = drafts(random, 'first', 200)

const made = mkdtempSync(join(tmpdir(), 'kindred-home-'))
afterAll(() => rmSync(made, { recursive: true, force: true }))
let filled: Promise<string> | undefined

/** A folder that holds the first papers and a snapshot of them: made by the first who asks, and only copied from. */
function home(): Promise<string> {
  filled ??= fill(made)
  return filled
}

async function fill(dir: string): Promise<string> {
  const server = await startServer(dir)
  expect(await send(server.url, FIRST)).toBe(200)
  expect((await server.end('SIGTERM')).code).toBe(0)
  return dir
}

function copyOf(dir: string): string {
  const copy = join(tempDir(), 'index')
  cpSync(dir, copy, { recursive: true })
  return copy
}

/** Starts again without a fault: nothing is left of the crash, and just these papers are there and found. */
async function expectExactly(dir: string, papers: readonly Draft[]): Promise<void> {
  const server = await startServer(dir)
  await whole(server.url)
  expect(healthOf(dir)).toEqual(HEALTHY)
  expect(leftovers(dir, server.pid)).toEqual([])
  expect(server.log.filter(({ event }) => event === 'index_rebuild')).toEqual([])
  expect((await readiness(server.url)).papers).toBe(papers.length)
  for (const paper of papers.slice(-SAMPLE)) {
    const { data } = await nearest(server.url, paper, 1)
    expect(data[0]?.id).toBe(paper.id)
  }
  expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
  expect(leftovers(dir)).toEqual([])
}

const at = (point: Failpoint, time = 1) => ({ env: { KINDRED_FAILPOINT: `${point}:${time}` } })

/** How many batches of a request are there after a crash at its n-th batch. */
const INGEST = {
  'write-before-commit': (n: number) => n - 1,
  'write-after-commit': (n: number) => n,
} as const satisfies { [Point in Failpoint]?: unknown }

const DELETE = { 'delete-half-way': true, 'delete-after-commit': false } as const satisfies {
  [P in Failpoint]?: boolean
}

const SAVE = [
  'save-half-way',
  'save-after-write',
  'save-after-fsync',
  'save-after-rename',
  'manifest-half-way',
  'manifest-after-rename',
] as const satisfies readonly Failpoint[]

const MIGRATION = ['migration-before-commit', 'migration-after-commit'] as const satisfies readonly Failpoint[]
const ACK = 'ingest-before-ack' satisfies Failpoint

it('is tested at every failpoint that there is', () => {
  const byState = [INGEST, DELETE, BACKUP, RESTORE].flatMap(Object.keys)
  const tested = [...byState, ...SAVE, ...MIGRATION, ACK]
  expect(tested.sort()).toEqual([...FAILPOINTS].sort())
})

describe('a crash', () => {
  it.each(Object.entries(INGEST))(
    'at %s leaves whole batches, those before it and none after',
    async (point, batches) => {
      const first = await home()
      for (let round = 0; round < ROUNDS; round += 1) {
        const dir = copyOf(first)
        const n = 1 + ((round + 1) % 3)
        const server = await startServer(dir, { env: { KINDRED_FAILPOINT: `${point}:${n}` } })
        const papers = drafts(random, `r${round}`, 3 * BATCH)
        expect(await send(server.url, papers)).toBe(0)
        expect(await server.exited).toEqual(KILLED)
        await expectExactly(dir, [...FIRST, ...papers.slice(0, BATCH * batches(n))])
      }
    },
    TEST_TIMEOUT_MS,
  )

  it(
    'before the acknowledgement leaves the whole request',
    async () => {
      const first = await home()
      for (let round = 0; round < ROUNDS; round += 1) {
        const dir = copyOf(first)
        const server = await startServer(dir, at(ACK))
        const papers = drafts(random, `r${round}`, 30)
        expect(await send(server.url, papers)).toBe(0)
        expect(await server.exited).toEqual(KILLED)
        await expectExactly(dir, [...FIRST, ...papers])
      }
    },
    TEST_TIMEOUT_MS,
  )

  it.each(Object.entries(DELETE))(
    'at %s leaves the paper whole or takes all of it',
    async (point, stays) => {
      const first = await home()
      for (let round = 0; round < ROUNDS; round += 1) {
        const dir = copyOf(first)
        const server = await startServer(dir, { env: { KINDRED_FAILPOINT: point } })
        const id = `first-${round}`
        expect(await drop(server.url, id)).toBe(0)
        expect(await server.exited).toEqual(KILLED)
        await expectExactly(dir, stays ? FIRST : FIRST.filter((paper) => paper.id !== id))
      }
    },
    TEST_TIMEOUT_MS,
  )

  it.each(SAVE)(
    'at %s leaves an index that is used as it is, the old one or the new',
    async (point) => {
      const first = await home()
      for (let round = 0; round < ROUNDS; round += 1) {
        const dir = copyOf(first)
        const server = await startServer(dir, at(point))
        const papers = drafts(random, `r${round}`, 20)
        expect(await send(server.url, papers)).toBe(200)
        expect(await server.end('SIGTERM')).toEqual(KILLED)
        await expectExactly(dir, [...FIRST, ...papers])
      }
    },
    TEST_TIMEOUT_MS,
  )

  it.each(MIGRATION)(
    'at %s of any step leaves a database that the next start brings up to date',
    async (point) => {
      for (let step = 1; step <= SCHEMA_VERSION; step += 1) {
        const dir = tempDir()
        const stopped = await startServer(dir, at(point, step)).catch((error: unknown) => error)
        expect(stopped).toBeInstanceOf(StartError)
        expect(stopped).toMatchObject({ exit: KILLED })
        await expectExactly(dir, [])
      }
    },
    TEST_TIMEOUT_MS,
  )
})

it(
  'finds a paper by its own vector at once, and a deleted one never, though the index was not saved after them',
  async () => {
    const rounds = times(4, 50)
    const dir = copyOf(await home())
    const papers = [...FIRST]
    const gone = new Set<string>()
    for (let round = 0; round < rounds; round += 1) {
      const point = round % 2 ? 'delete-after-commit' : 'write-after-commit'
      const server = await startServer(dir, at(point))
      const added = drafts(random, `r${round}`, 10)
      if (point === 'delete-after-commit') {
        expect(await send(server.url, added)).toBe(200)
        const [victim] = papers.splice(round % papers.length, 1)
        gone.add(victim?.id ?? '')
        expect(await drop(server.url, victim?.id ?? '')).toBe(0)
      } else expect(await send(server.url, added)).toBe(0)
      papers.push(...added)
      expect(await server.exited).toEqual(KILLED)
      const again = await startServer(dir)
      for (const paper of added) {
        const { data } = await nearest(again.url, paper, 100)
        expect(data[0]?.id).toBe(paper.id)
        expect(data.filter(({ id }) => gone.has(id))).toEqual([])
      }
      expect(await again.end('SIGKILL')).toEqual(KILLED)
    }
    measured('B13 kills between commit and save', { kills: rounds, papers: papers.length, deleted: gone.size })
  },
  TEST_TIMEOUT_MS,
)
