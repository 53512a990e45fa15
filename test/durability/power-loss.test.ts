import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Sqlite } from '../../src/store/sqlite.ts'
import { createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { send } from './support/client.ts'
import { HEALTHY, healthOf } from './support/database.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { drafts } from './support/papers.ts'
import { startServer } from './support/server.ts'

const COMMITS = times(12, 40)
const CUTS = times(20, 200)
const A_COMMIT = 8
const DATABASE = 'papers.db'
const LOG = 'papers.db-wal'

const random = createRandom(707)
const below = (limit: number): number => Math.floor(random() * limit)

interface Copy {
  readonly dir: string
  readonly wal: Buffer
  /** How many commits had been acknowledged when it was taken. */
  readonly commits: number
}

/** The database and its log, as they are on the disk after each acknowledged commit. */
async function copiesOf(commits: number): Promise<Copy[]> {
  const dir = tempDir()
  // A clean end takes the schema out of the log, which then holds the commits alone.
  await (await startServer(dir)).end('SIGTERM')
  const server = await startServer(dir)
  const copies: Copy[] = []
  for (let commit = 0; commit < commits; commit += 1) {
    expect(await send(server.url, drafts(random, `c${commit}`, A_COMMIT))).toBe(200)
    const copy = tempDir()
    copyFileSync(join(dir, DATABASE), join(copy, DATABASE))
    copies.push({ dir: copy, wal: readFileSync(join(dir, LOG)), commits: commit + 1 })
  }
  await server.end('SIGKILL')
  return copies
}

/** The number of commits that are there; fails where one is there by half, or one before it is not. */
function survivingCommits(dir: string, wal: Buffer): number {
  writeFileSync(join(dir, LOG), wal)
  // Opened for writing, as a start after the power loss would: the log is read back.
  const db = new Sqlite(join(dir, DATABASE))
  const ids = new Set(db.prepare<[], string>('SELECT id FROM papers').pluck().all())
  db.close()
  const commits = ids.size / A_COMMIT
  const prefix = Array.from({ length: commits }, (_, commit) => drafts(() => 0, `c${commit}`, A_COMMIT)).flat()
  expect(ids).toEqual(new Set(prefix.map(({ id }) => id)))
  expect(healthOf(dir)).toEqual(HEALTHY)
  return commits
}

function garbledEnd(wal: Buffer): Buffer {
  const spoilt = Buffer.from(wal)
  for (let at = Math.max(0, wal.length - 4_096); at < wal.length; at += 1) spoilt.writeUInt8(below(256), at)
  return spoilt
}

describe('after a power loss', () => {
  it(
    `a log that was cut or garbled at its end (${CUTS} times) gives back the first commits, each whole`,
    async () => {
      const copies = await copiesOf(COMMITS)
      const lost: number[] = []
      for (let round = 0; round < CUTS; round += 1) {
        const copy = copies[round % copies.length]
        if (!copy) continue
        const before = readFileSync(join(copy.dir, DATABASE))
        const wal = round % 2 ? garbledEnd(copy.wal) : copy.wal.subarray(0, below(copy.wal.length + 1))
        const survived = survivingCommits(copy.dir, wal)
        expect(survived).toBeLessThanOrEqual(copy.commits)
        lost.push(copy.commits - survived)
        writeFileSync(join(copy.dir, DATABASE), before)
      }
      for (const copy of copies) expect(survivingCommits(copy.dir, copy.wal)).toBe(copy.commits)
      measured('B3 cut or garbled logs', { cuts: CUTS, commits: COMMITS, openedWithFewer: lost.filter(Boolean).length })
    },
    TEST_TIMEOUT_MS,
  )

  it(
    'nothing is lost, because each acknowledgement was preceded by a sync of its own',
    async ({ skip }) => {
      try {
        execFileSync('strace', ['-V'], { stdio: 'ignore' })
      } catch {
        skip('strace is not installed')
      }
      const dir = tempDir()
      const trace = join(tempDir(), 'trace')
      // -D: the server itself is the child, and strace follows it.
      const strace = ['strace', '-D', '-f', '-qq', '-o', trace, '-e', 'trace=fsync,fdatasync'] as const
      const server = await startServer(dir, { wrap: (command) => [...strace, ...command] })
      const syncs = () =>
        readFileSync(trace, 'utf8')
          .split('\n')
          .filter((line) => /f(data)?sync\(/.test(line)).length
      const before = syncs()
      for (let commit = 0; commit < COMMITS; commit += 1) {
        const already = syncs()
        expect(await send(server.url, drafts(random, `c${commit}`, A_COMMIT))).toBe(200)
        expect(syncs()).toBeGreaterThan(already)
      }
      measured('B3 syncs', { acknowledgements: COMMITS, syncs: syncs() - before })
      await server.end('SIGKILL')
    },
    TEST_TIMEOUT_MS,
  )
})
