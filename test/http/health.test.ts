import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApp } from '../../src/http/app.ts'
import { openPaperStore } from '../../src/store/papers.ts'
import { openApp } from './open-app.ts'
import { PAPERS } from './papers.ts'

let app: Awaited<ReturnType<typeof openApp>>
beforeEach(async () => {
  app = await openApp()
})
afterEach(() => app.close())

describe('/healthz', () => {
  it('says that the process lives', async () => {
    expect(await app.json('/healthz')).toEqual({ status: 'ok' })
  })

  it('says so even when the store is gone', async () => {
    await app.kindred.close()
    expect((await app.request('/healthz')).status).toBe(200)
  })

  it('answers HEAD without a body', async () => {
    const response = await app.request('/healthz', { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })
})

describe('/readyz', () => {
  it('says what is served', async () => {
    const { generation } = await app.kindred.deps.store.stats()
    expect(await app.json('/readyz')).toEqual({ status: 'ready', papers: PAPERS.length, generation, degraded: [] })
  })

  it('is a 503 when the store is gone', async () => {
    await app.kindred.close()
    expect(await (await app.request('/readyz')).json()).toMatchObject({ status: 503, code: 'STORE_UNREADABLE' })
  })

  it('is INDEX_STALE while papers have no vector of the configured model', async () => {
    const { deps } = app.context
    const store = openPaperStore({ dir: app.dir, readOnly: true }, { fingerprint: 'another@1', dimension: 64 })
    const stale = createApp({ ...app.context, deps: { ...deps, store } })
    const response = await stale.request('/readyz')
    await store.close()
    expect(await response.json()).toMatchObject({ status: 503, code: 'INDEX_STALE' })
  })
})

describe('/v1/stats', () => {
  it('says what is in the index, and what it is made with', async () => {
    const { embedder } = app.kindred.deps
    expect(await app.json('/v1/stats')).toMatchObject({
      papers: PAPERS.length,
      sources: [{ source: 'api', papers: PAPERS.length }],
      model: { id: 'hash', fingerprint: embedder.fingerprint, dimension: embedder.dimension },
      index: { vectors: PAPERS.length, degraded: [] },
      store: { vectors: PAPERS.length, bytes: expect.any(Number) },
    })
  })
})
