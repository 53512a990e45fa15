import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createRandom } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { contentHash, type Draft, hashesOf, postJson, send } from './support/client.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { drafts } from './support/papers.ts'
import { StartError, startServer } from './support/server.ts'

const PAPERS = times(600, 2_000)
const DATABASE = 'papers.db'
const PAGE = 4_096
const random = createRandom(1_010)
const below = (limit: number): number => Math.floor(random() * limit)

/** Distinct pages, full of noise. The first, with the magic, has a case of its own. */
function garble(bytes: Buffer, pages: number): Buffer {
  const spoilt = Buffer.from(bytes)
  for (let n = 0; n < pages; n += 1) {
    const from = (1 + below(bytes.length / PAGE - 1)) * PAGE
    for (let at = from; at < from + PAGE; at += 1) spoilt.writeUInt8(below(256), at)
  }
  return spoilt
}

/** What became of papers. `altered` and `missing` are the answers that are wrong without saying so. */
type Outcome = 'right' | 'refused' | 'altered' | 'missing'

const TOGETHER = 50

async function outcomesOf(url: string, papers: readonly Draft[]): Promise<Outcome[]> {
  try {
    const hashes = await hashesOf(
      url,
      papers.map(({ id }) => id),
    )
    return papers.map((paper) => {
      const hash = hashes.get(paper.id)
      if (!hash) return 'missing'
      return hash === contentHash(paper) ? 'right' : 'altered'
    })
  } catch {
    // The answer was a problem instead of papers.
    return ['refused']
  }
}

async function home(): Promise<{ readonly dir: string; readonly papers: readonly Draft[] }> {
  const dir = tempDir()
  const papers = drafts(random, 'p', PAPERS)
  const server = await startServer(dir)
  expect(await send(server.url, papers)).toBe(200)
  await server.end('SIGTERM')
  return { dir, papers }
}

/** One damaged database: refused at the start, or served with an error where a paper cannot be read. */
async function tryOne(dir: string, papers: readonly Draft[]): Promise<Outcome[] | 'refused at start'> {
  const server = await startServer(dir).catch((error: unknown) => error)
  if (server instanceof StartError) {
    expect(server).toMatchObject({ exit: { code: 5 }, stderr: expect.stringMatching(/STORE_(UNREADABLE|CORRUPT)/) })
    return 'refused at start'
  }
  if (!(server instanceof Object && 'url' in server)) throw server
  const { url, end } = server as Awaited<ReturnType<typeof startServer>>
  const outcomes: Outcome[] = []
  for (let from = 0; from < papers.length; from += TOGETHER) {
    outcomes.push(...(await outcomesOf(url, papers.slice(from, from + TOGETHER))))
  }
  const search = await postJson(url, '/v1/search', { query: 'attention in graphs' })
  expect([200, 500, 503]).toContain(search.status)
  expect(await search.text()).not.toMatch(/SQLITE|papers_text|malformed/)
  expect((await fetch(`${url}/healthz`)).status).toBe(200)
  expect((await end('SIGTERM')).signal).toBeNull()
  return outcomes
}

it.each([
  [1, times(8, 100)],
  [10, times(4, 10)],
  [300, times(2, 3)],
])(
  'noise in %i pages of the database, %i times, never ends the server or alters a paper in silence',
  async (pages, rounds) => {
    const { dir, papers } = await home()
    const whole = readFileSync(join(dir, DATABASE))
    const counts: Record<string, number> = {}
    for (let round = 0; round < rounds; round += 1) {
      const copy = tempDir()
      copyFileSync(join(dir, DATABASE), join(copy, DATABASE))
      writeFileSync(join(copy, DATABASE), garble(whole, pages))
      const outcomes = await tryOne(copy, papers)
      for (const outcome of typeof outcomes === 'string' ? [outcomes] : new Set(outcomes)) {
        counts[outcome] = (counts[outcome] ?? 0) + 1
      }
    }
    measured('B6 noise in pages', { pages, databases: rounds, ofPages: whole.length / PAGE, ...counts })
    expect(counts).not.toHaveProperty('altered')
    expect(counts).not.toHaveProperty('missing')
  },
  TEST_TIMEOUT_MS,
)
