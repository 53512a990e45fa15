import { expect, it, onTestFinished } from 'vitest'
import { List } from '../../src/domain/query.ts'
import { createApp } from '../../src/http/app.ts'
import type { Stats } from '../../src/services/stats.ts'
import { addVectors } from '../support/changes.ts'
import { openIndex } from '../support/library.ts'
import { createRandom, randomVector } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { openApp } from './open-app.ts'

it('says how much a search finds, in lists, in the statistics and where it is ready, and that ef 4 is too little', async () => {
  const opened = await openApp()
  onTestFinished(() => opened.close())
  const { deps } = opened.context
  const { dimension } = deps.embedder
  const random = createRandom(9)
  await addVectors(
    deps.store,
    Array.from({ length: 500 }, () => randomVector(random, dimension)),
  )
  const settings = { dimension, m: 4, efConstruction: 16 }
  const index = await openIndex(deps.store, tempDir(), { settings, ef: 4, waitMs: 1, auditShare: 1 })
  const app = createApp({ ...opened.context, deps: { ...deps, index } })
  const json = async (path: string): Promise<unknown> => (await app.request(path)).json()
  while (index.status().recall === null) await new Promise((resolve) => setImmediate(resolve))
  const { recall, recallAt10, degraded } = List.parse(await json('/v1/papers/p7/similar')).index
  expect(recall).toMatchObject({ sample: 200, of: 'vectors' })
  expect(recall?.high).toBeLessThan(0.99)
  expect(recallAt10).toBe(recall?.at10)
  expect(degraded).toContain('recall-low')
  expect(await json('/readyz')).toMatchObject({ degraded: ['recall-low'] })
  const stats = (await json('/v1/stats')) as Stats
  expect(stats.index).toMatchObject({ ef: 4, recall, recallAt10, recallTarget: 0.99, degraded: ['recall-low'] })
  expect(stats.index.kinds.paper).toEqual({ ef: 4, recall })
})

it('shows the search widths and the recall of each kind of query to Prometheus', async () => {
  const opened = await openApp({ ef: 33, recallTarget: 0.9 })
  onTestFinished(() => opened.close())
  const text = await (await opened.request('/metrics')).text()
  for (const kind of ['paper', 'question']) {
    expect(text).toContain(`\nkindred_ef_${kind} 33\n`)
    expect(text).toMatch(new RegExp(`^kindred_recall_at_10_${kind} Nan$`, 'mi'))
    expect(text).toContain(`\nkindred_recall_sample_${kind} 0\n`)
  }
  expect(text).toContain('\nkindred_recall_low 0\n')
})
