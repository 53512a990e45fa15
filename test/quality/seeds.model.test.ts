import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kindred, openKindred } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import type { Paper } from '../../src/domain/paper.ts'
import { type IngestReport, ingest } from '../../src/services/ingest.ts'
import { searchPapers } from '../../src/services/search.ts'
import { similarPapers } from '../../src/services/similar.ts'
import { similarToText } from '../../src/services/similar-text.ts'

const SEEDS = fileURLToPath(new URL('../../../shared/seeds', import.meta.url))
const K = 10
const PAGE = { limit: K, offset: 0, exact: false, explain: false }

const share = (outcomes: readonly boolean[]): number => outcomes.filter(Boolean).length / outcomes.length

describe.skipIf(!existsSync(SEEDS))(
  'the real listing pages with the real model (skipped without ../shared/seeds)',
  () => {
    const indexDir = mkdtempSync(join(tmpdir(), 'kindred-seeds-'))
    const { config } = loadConfig({ flags: { indexDir }, env: {} })
    let kindred: Kindred
    let report: IngestReport
    let papers: Paper[]

    beforeAll(async () => {
      kindred = await openKindred(config)
      report = await ingest(kindred.deps, kindred.readSources([SEEDS], {}), { run: 'first' })
      papers = []
      for await (const { paper } of kindred.deps.store.everything()) papers.push(paper)
    })

    afterAll(async () => {
      await kindred.close()
      rmSync(indexDir, { recursive: true, force: true })
    })

    const neighbourIds = async (id: string, exact: boolean): Promise<string[]> =>
      (await similarPapers(kindred.deps, { ...PAGE, id, exact })).data.map((hit) => hit.id)

    it('makes 349 papers of 408 entries', () => {
      expect(Object.values(report.sources)).toEqual([78, 119, 94, 74, 43])
      expect(papers).toHaveLength(349)
      expect(report).toMatchObject({ added: 349, rejected: 0, embedded: 349, withoutAbstract: 0 })
    })

    it('embeds nothing when the same pages come again', async () => {
      const again = await ingest(kindred.deps, kindred.readSources([SEEDS], {}), { run: 'second' })
      expect(again).toMatchObject({ added: 0, updated: 0, unchanged: 408, embedded: 0 })
    })

    it('finds a paper first by its title for at least 99 % of them', async () => {
      const outcomes: boolean[] = []
      for (const { id, title } of papers) {
        const { data } = await searchPapers(kindred.deps, { ...PAGE, limit: 1, query: title, mode: 'hybrid' })
        outcomes.push(data[0]?.id === id)
      }
      expect(share(outcomes)).toBeGreaterThanOrEqual(0.99)
    })

    it('finds a paper first by its pasted abstract for at least 99 % of them', async () => {
      const outcomes: boolean[] = []
      for (const { id, abstract } of papers) {
        const { data } = await similarToText(kindred.deps, { ...PAGE, limit: 1, abstract })
        outcomes.push(data[0]?.id === id)
      }
      expect(share(outcomes)).toBeGreaterThanOrEqual(0.99)
    })

    it('never lists a paper among the papers like it', async () => {
      for (const { id } of papers) expect(await neighbourIds(id, false)).not.toContain(id)
    })

    it('has recall@10 of at least 0.99 against exact search, and the same answers after a restart', async () => {
      const before = new Map<string, string[]>()
      let found = 0
      for (const { id } of papers) {
        const near = await neighbourIds(id, false)
        const exact = new Set(await neighbourIds(id, true))
        found += near.filter((other) => exact.has(other)).length
        before.set(id, near)
      }
      expect(found / (papers.length * K)).toBeGreaterThanOrEqual(0.99)

      await kindred.close()
      kindred = await openKindred(config)
      expect(kindred.deps.index.status()).toMatchObject({ engine: 'hnswlib', inGraph: papers.length, degraded: [] })
      for (const [id, near] of before) expect(await neighbourIds(id, false)).toEqual(near)
    })
  },
)
