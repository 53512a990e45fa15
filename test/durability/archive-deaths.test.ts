import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { restoreBackup, verifyBackup } from '../../src/backup/restore.ts'
import { createWorkplace, paperLines, type Workplace } from '../cli/run-kindred.ts'
import { createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { contentOf } from './content.ts'
import { BACKUP, RESTORE } from './support/archive-points.ts'
import { postJson, readiness, send } from './support/client.ts'
import { HEALTHY, healthOf, leftovers } from './support/database.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { Ledger } from './support/ledger.ts'
import { runClient } from './support/load.ts'
import { drafts } from './support/papers.ts'
import { startServer } from './support/server.ts'

const ROUNDS = times(1, 10)
const PAPERS = 120
const KILLED = { code: null, signal: 'SIGKILL' }
const random = createRandom(606)

const at = (point: string) => ({ env: { KINDRED_FAILPOINT: point } })
const rounds = Array.from({ length: ROUNDS }, (_, round) => round)

async function filled(): Promise<Workplace> {
  const here = createWorkplace()
  expect((await here.run(['ingest', '-'], { stdin: paperLines(PAPERS).join('') })).code).toBe(0)
  return here
}

const database = (dir: string): string => join(dir, 'papers.db')

describe('a command that dies', () => {
  it.each(Object.entries(BACKUP))(
    'at %s leaves no archive or a whole one, and nothing after the next',
    async (point, isThere) => {
      const here = await filled()
      const index = join(here.dir, 'idx')
      const before = contentOf(database(index))
      for (const round of rounds) {
        const out = tempDir()
        const file = join(out, 'a.tar')
        expect((await here.run(['backup', file], at(point))).code, `round ${round}`).toBeNull()
        expect(existsSync(file)).toBe(isThere)
        if (isThere) expect(await verifyBackup(file)).toMatchObject({ papers: PAPERS })
        expect(readdirSync(out)).not.toEqual(isThere ? ['a.tar'] : [])
        expect((await here.run(['backup', file, '--force'])).code).toBe(0)
        expect(readdirSync(out)).toEqual(['a.tar'])
        expect(await verifyBackup(file)).toMatchObject({ papers: PAPERS })
      }
      expect(contentOf(database(index))).toEqual(before)
      expect(healthOf(index)).toEqual(HEALTHY)
    },
    TEST_TIMEOUT_MS,
  )

  it.each(Object.entries(RESTORE))(
    'at %s leaves an empty folder or a whole index, and nothing after the next',
    async (point, isThere) => {
      const here = await filled()
      expect((await here.run(['backup', 'a.tar'])).code).toBe(0)
      for (const round of rounds) {
        const target = join(here.dir, `restored-${round}`)
        const restore = ['restore', 'a.tar', '--index', target]
        expect((await here.run(restore, at(point))).code).toBeNull()
        expect(existsSync(database(target))).toBe(isThere)
        expect(readdirSync(target).filter((name) => name.endsWith('.tmp'))).toHaveLength(1)
        const again = await here.run([...restore, '--json'])
        if (isThere) expect(JSON.parse(again.stderr)).toMatchObject({ code: 'TARGET_EXISTS' })
        else expect(again.code).toBe(0)
        expect(leftovers(target)).toEqual([])
        expect(contentOf(database(target))).toEqual(contentOf(database(join(here.dir, 'idx'))))
      }
    },
    TEST_TIMEOUT_MS,
  )

  it('after the move of a restore leaves an index that a server starts on and tidies', async () => {
    const here = await filled()
    expect((await here.run(['backup', 'a.tar'])).code).toBe(0)
    const target = join(here.dir, 'restored')
    await here.run(['restore', 'a.tar', '--index', target], at('restore-after-move'))
    const server = await startServer(target)
    expect(await readiness(server.url)).toMatchObject({ status: 'ready', papers: PAPERS })
    expect(leftovers(target, server.pid)).toEqual([])
    expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
  })
})

describe('a server', () => {
  it.each(Object.entries(BACKUP))(
    'that dies at %s makes the next backup as if nothing had been',
    async (point, isThere) => {
      const dir = tempDir()
      const first = await startServer(dir)
      expect(await send(first.url, drafts(random, 'p', PAPERS))).toBe(200)
      await first.end('SIGTERM')
      const server = await startServer(dir, at(point))
      await expect(postJson(server.url, '/v1/admin/backup', undefined)).rejects.toThrow()
      expect(await server.exited).toEqual(KILLED)
      const next = await startServer(dir)
      expect((await fetch(`${next.url}/v1/admin/backup`, { method: 'POST' })).status).toBe(200)
      const made = readdirSync(join(dir, 'backups'))
      expect(made).toHaveLength(isThere ? 2 : 1)
      for (const name of made) {
        expect(await verifyBackup(join(dir, 'backups', name))).toMatchObject({ papers: PAPERS })
      }
      expect(await next.end('SIGTERM')).toEqual({ code: 0, signal: null })
      expect(healthOf(dir)).toEqual(HEALTHY)
    },
    TEST_TIMEOUT_MS,
  )

  it(
    'backs up while a client writes, and each backup holds what was acknowledged before it',
    async () => {
      const backups = times(3, 20)
      const dir = tempDir()
      const server = await startServer(dir, { env: { KINDRED_KEEP_BACKUPS: String(backups) } })
      const ledger = new Ledger()
      const client = runClient({ url: server.url, seed: 1, prefix: 'c', ledger })
      const expected: string[][] = []
      for (let made = 0; made < backups; made += 1) {
        const before = ledger.present
        const response = await fetch(`${server.url}/v1/admin/backup`, { method: 'POST' })
        expect(response.status).toBe(200)
        // What was deleted meanwhile may be in it or not.
        const after = new Set(ledger.present)
        expected.push(before.filter((id) => after.has(id)))
      }
      await server.end('SIGTERM')
      await client
      const names = readdirSync(join(dir, 'backups')).sort()
      expect(names).toHaveLength(backups)
      for (const [made, name] of names.entries()) {
        const restored = join(tempDir(), 'index')
        await restoreBackup({ file: join(dir, 'backups', name), dir: restored })
        expect(healthOf(restored)).toEqual(HEALTHY)
        const found = contentOf(database(restored))
        expect(expected[made]?.filter((id) => !found.has(id))).toEqual([])
      }
      measured('B21 backups by the server', { backups, papersInTheLast: expected.at(-1)?.length })
    },
    TEST_TIMEOUT_MS,
  )
})
