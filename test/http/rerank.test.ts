import { join } from 'node:path'
import { pino } from 'pino'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openKindred } from '../../src/compose.ts'
import { Settings } from '../../src/config/settings.ts'
import { List } from '../../src/domain/query.ts'
import { createApp } from '../../src/http/app.ts'
import { tempDir } from '../support/temp-dir.ts'
import { writeTinyReranker } from '../support/tiny-reranker.ts'
import { post } from './open-app.ts'
import { PAPERS } from './papers.ts'

const WORDS = ['loaf', 'ice', 'satellite', 'clouds']
const QUESTION = '/v1/search?q=satellite+ice+clouds+loaf&explain=true'

/** The whole of Kindred with a tiny cross-encoder, answering over HTTP. */
async function open(settings: object = {}) {
  const dir = tempDir()
  const rerankModel = join(dir, 'tiny')
  writeTinyReranker(rerankModel, { words: WORDS, maxTokens: 128 })
  const logged: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => logged.push(JSON.parse(line)) })
  const config = Settings.parse({ indexDir: dir, model: 'hash', rerankModel, rerankBudgetMs: 60_000, ...settings })
  const { deps, readBody, close } = await openKindred(config, { log })
  onTestFinished(close)
  const app = createApp({ deps, readBody, log, version: '1.2.3' })
  await app.request('/v1/papers', post(PAPERS))
  const list = async (path: string, init?: RequestInit): Promise<List> =>
    List.strict().parse(await (await app.request(path, init)).json())
  return { list, logged, app }
}

describe('search over HTTP with a cross-encoder', () => {
  it('lists the hits in its order and explains them by it', async () => {
    const { list } = await open()
    const { data, index } = await list(QUESTION)
    const relevances = data.map(({ explain }) => explain?.rerank?.score ?? -1)
    expect(relevances).toEqual(relevances.toSorted((one, other) => other - one))
    expect(relevances[0]).toBeGreaterThan(0.5)
    expect(index.degraded).not.toContain('rerank')
  })

  it('leaves it out for a request that says so, in the query as in the body', async () => {
    const { list } = await open()
    const plain = await list(`${QUESTION}&without=rerank`)
    expect(plain.data.some(({ explain }) => explain && 'rerank' in explain)).toBe(false)
    const body = { query: 'satellite ice clouds loaf', explain: true, without: ['rerank'] }
    expect((await list('/v1/search', post(body))).data).toEqual(plain.data)
  })

  it('says and logs when an answer had to do without it', async () => {
    const { list, logged } = await open({ rerankBudgetMs: 0 })
    const { data, index } = await list(QUESTION)
    expect(index.degraded).toContain('rerank')
    expect(data.map(({ id }) => id)).toEqual((await list(`${QUESTION}&without=rerank`)).data.map(({ id }) => id))
    expect(logged.filter(({ event }) => event === 'rerank_failed')).toHaveLength(1)
  })

  it('is part of the contract', async () => {
    const { app } = await open()
    expect(await (await app.request('/openapi.json')).json()).toMatchObject({
      components: {
        schemas: {
          Explanation: { properties: { rerank: expect.anything() } },
          SearchRequest: { properties: { without: { items: { enum: expect.arrayContaining(['rerank']) } } } },
        },
      },
    })
  })
})

describe('openKindred', () => {
  it.each(['nobody/nothing', './nowhere'])(
    'refuses to start where the cross-encoder %s is not there',
    async (rerankModel) => {
      const config = Settings.parse({ indexDir: tempDir(), model: 'hash', rerankModel, offline: true })
      await expect(openKindred(config)).rejects.toMatchObject({
        code: 'MODEL_UNAVAILABLE',
        message: expect.stringContaining(rerankModel.replace('./', '')),
      })
    },
  )
})
