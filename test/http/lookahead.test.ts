import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { List } from '../../src/domain/query.ts'
import { Lookahead } from '../../src/http/lookahead.ts'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { openApp } from './open-app.ts'

const IDS = ['tide-clocks', 'storm-surge', 'river-gauges', 'bread-crust', 'sourdough', 'glacier-maps', 'nobody']
const QUERIES = [1, 2, 3].flatMap((limit) => [
  `?limit=${limit}&fields=title,score`,
  `?limit=${limit}&fields=title,score&year=2000-2030`,
])
const PATHS = IDS.flatMap((id) => QUERIES.map((query) => `/v1/papers/${id}/similar${query}`))
const ROUNDS = 50
/** More than a few, and no crowd. */
const AT_ONCE = 7

let app: Awaited<ReturnType<typeof openApp>>
let server: RunningServer
beforeEach(async () => {
  // Every request is worked on, none is answered from memory.
  app = await openApp({ answerCacheMb: 0 })
  await fillSentences(app.kindred.deps)
  await app.kindred.deps.index.rebuild()
  server = await startServer(app.context, { host: '127.0.0.1', port: 0 })
})
afterEach(async () => {
  vi.restoreAllMocks()
  await server.close()
  await app.close()
})

async function told(path: string) {
  const response = await fetch(server.url + path)
  const { tookMs: _, requestId: __, ...body } = (await response.json()) as List & { requestId?: string }
  return { status: response.status, etag: response.headers.get('etag'), body }
}

async function oneByOne() {
  const answers = []
  for (const path of PATHS) answers.push(await told(path))
  return answers
}

/** All requests, some at once, again and again until as many were begun ahead as there are. */
async function together(begun: { readonly mock: { readonly calls: readonly unknown[] } }) {
  const rounds = []
  for (let round = 0; round < ROUNDS && begun.mock.calls.length < PATHS.length; round += 1) {
    const answers = []
    for (let at = 0; at < PATHS.length; at += AT_ONCE) {
      answers.push(...(await Promise.all(PATHS.slice(at, at + AT_ONCE).map(told))))
    }
    rounds.push(answers)
  }
  expect(begun.mock.calls.length).toBeGreaterThan(0)
  return rounds
}

describe('requests that come together', () => {
  it('are searched ahead, and answered as if each came alone', async () => {
    const alone = await oneByOne()
    expect(alone.map(({ status }) => status)).toContain(200)
    const begun = vi.spyOn(app.kindred.deps.index, 'neighboursAhead')
    for (const answers of await together(begun)) expect(answers).toEqual(alone)
  })

  it('are answered the whole way where the short one fails', async () => {
    const alone = await oneByOne()
    const { index } = app.kindred.deps
    vi.spyOn(index, 'neighboursAtOnce').mockImplementation(() => {
      throw new Error('this way is closed')
    })
    for (const answers of await together(vi.spyOn(index, 'neighboursAhead'))) expect(answers).toEqual(alone)
  })

  it('are not searched ahead where each waits for the one before', async () => {
    await oneByOne()
    const begun = vi.spyOn(app.kindred.deps.index, 'neighboursAhead')
    await oneByOne()
    expect(begun).not.toHaveBeenCalled()
  })
})

describe('what is held', () => {
  it('is done in its order at the end of the turn, or when too many wait', async () => {
    const lookahead = new Lookahead()
    const done: number[] = []
    const held = Array.from({ length: 12 }, (_, at) => lookahead.hold(() => done.push(at)))
    expect(done).toEqual([0, 1, 2, 3])
    lookahead.endTurn()
    expect(done).toEqual(Array.from({ length: 12 }, (_, at) => at))
    expect(await Promise.all(held)).toEqual(done.map((at) => at + 1))
  })

  it('fails alone', async () => {
    const lookahead = new Lookahead()
    const failing = lookahead.hold(() => {
      throw new Error('this one')
    })
    const other = lookahead.hold(async () => 'fine')
    lookahead.endTurn()
    await expect(failing).rejects.toThrow('this one')
    expect(await other).toBe('fine')
  })
})
