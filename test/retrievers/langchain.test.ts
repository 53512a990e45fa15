import { once } from 'node:events'
import { Document } from '@langchain/core/documents'
import { RunnableLambda } from '@langchain/core/runnables'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { KindredError } from '../../src/domain/errors.ts'
import { KindredRetriever } from '../../src/langchain.ts'
import { countingEmbedder, openLibrary } from '../support/library.ts'
import { tempDir } from '../support/temp-dir.ts'
import { listen, openPlaces } from './places.ts'

const QUESTION = 'harbour water levels of the tide'
type Places = Awaited<ReturnType<typeof openPlaces>>
let places: Places
beforeAll(async () => {
  places = await openPlaces()
})
afterAll(() => places.close())

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each(['opened', 'served'] as const)('KindredRetriever over a library that is %s', (place) => {
  it('gives documents with title and abstract, best first', async () => {
    const documents = await new KindredRetriever({ ...places[place], k: 2 }).invoke(QUESTION)
    expect(documents).toHaveLength(2)
    expect(documents[0]).toBeInstanceOf(Document)
    expect(documents[0]?.pageContent).toMatch(/^Tide Clocks: .*\n\nHarbour water levels follow the moon/)
    expect(documents[0]?.metadata).toMatchObject({
      id: 'tide-clocks',
      rank: 1,
      citationKey: 'moen2021',
      authors: ['Ida Moen', 'Per Lunde'],
      year: 2021,
      arxivId: '2103.01234',
    })
    const scores = documents.map(({ metadata }) => metadata.score)
    expect(scores.toSorted((one, other) => other - one)).toEqual(scores)
  })

  it('keeps to filter, mode and least score', async () => {
    const found = async (over: object) =>
      (await new KindredRetriever({ ...places[place], ...over }).invoke(QUESTION)).map(({ metadata }) => metadata.id)
    expect(await found({ filter: { year: { $lte: 2019 } } })).not.toContain('tide-clocks')
    expect(await found({ filter: { authors: 'Per Lunde' }, mode: 'lexical' })).toHaveLength(2)
    expect(await found({ minScore: 1 })).toEqual([])
  })

  it('runs in a chain and in a batch', async () => {
    const retriever = new KindredRetriever({ ...places[place], k: 1 })
    const chain = retriever.pipe(
      RunnableLambda.from((documents: Document[]) => documents.map(({ metadata }) => metadata.citationKey).join()),
    )
    expect(await chain.batch([QUESTION, 'crisp bread crust in an oven'])).toEqual(['moen2021', 'strand2020'])
  })

  it('throws a KindredError where the question or the filter is wrong', async () => {
    const wrong = (over: object, query: string) =>
      thrownBy(new KindredRetriever({ ...places[place], ...over }).invoke(query))
    for (const error of [
      await wrong({}, ' '),
      await wrong({ filter: { colour: 'red' } }, 'a'),
      await wrong({ k: 0 }, 'a'),
    ]) {
      expect(error).toBeInstanceOf(KindredError)
      expect(error).toMatchObject({ code: 'INVALID_REQUEST' })
    }
  })

  it('does not start with a signal that is aborted, of the call or of its own', async () => {
    const signal = AbortSignal.abort(new Error('no longer needed'))
    const interrupted = { code: 'INTERRUPTED', cause: { message: 'no longer needed' } }
    expect(await thrownBy(new KindredRetriever(places[place]).invoke(QUESTION, { signal }))).toMatchObject(interrupted)
    expect(await thrownBy(new KindredRetriever({ ...places[place], signal }).invoke(QUESTION))).toMatchObject(
      interrupted,
    )
    const open = new AbortController()
    expect(await new KindredRetriever(places[place]).invoke(QUESTION, { signal: open.signal })).not.toEqual([])
  })
})

describe('KindredRetriever', () => {
  it('gives the same documents from both places, and the best sentence where that is asked for', async () => {
    for (const content of ['abstract', 'evidence'] as const) {
      const from = (place: 'opened' | 'served') => new KindredRetriever({ ...places[place], content }).invoke(QUESTION)
      expect(JSON.stringify(await from('served'))).toBe(JSON.stringify(await from('opened')))
    }
  })

  it('ends the wait for a server when the signal is aborted', async () => {
    const arrived = new AbortController()
    const server = await listen(() => arrived.abort())
    onTestFinished(() => server.close())
    const call = new AbortController()
    const thrown = thrownBy(new KindredRetriever({ url: server.url }).invoke(QUESTION, { signal: call.signal }))
    await once(arrived.signal, 'abort')
    call.abort()
    expect(await thrown).toMatchObject({ code: 'INTERRUPTED' })
  })

  it('ends the wait for an opened index when the signal is aborted', async () => {
    const started = new AbortController()
    const neverEnds = () => {
      started.abort()
      return new Promise<void>(() => undefined)
    }
    const deps = await openLibrary(tempDir(), countingEmbedder('hash', neverEnds))
    const call = new AbortController()
    const thrown = thrownBy(new KindredRetriever({ kindred: { deps } }).invoke(QUESTION, { signal: call.signal }))
    if (!started.signal.aborted) await once(started.signal, 'abort')
    call.abort(new Error('no longer needed'))
    expect(await thrown).toMatchObject({ code: 'INTERRUPTED', cause: { message: 'no longer needed' } })
  })

  it.each([
    ['nothing answers', null],
    ['a web page answers', '<html></html>'],
    ['other JSON answers', '{"data":[{"name":"x"}]}'],
  ])('throws SERVER_UNREACHABLE where %s', async (_what, content) => {
    const server = await listen((_request, response) => response.end(content))
    if (content === null) await server.close()
    else onTestFinished(() => server.close())
    const thrown = await thrownBy(new KindredRetriever({ url: server.url }).invoke(QUESTION))
    expect(thrown).toBeInstanceOf(KindredError)
    expect(thrown).toMatchObject({ code: 'SERVER_UNREACHABLE' })
  })

  it('sends the headers that it is given, and takes an address with a path', async () => {
    const seen: unknown[] = []
    const server = await listen(({ url, headers }, response) => {
      seen.push([url, headers.authorization])
      response.end('{"data":[]}')
    })
    onTestFinished(() => server.close())
    await new KindredRetriever({ url: `${server.url}/papers`, headers: { authorization: 'Bearer x' } }).invoke(QUESTION)
    expect(seen).toEqual([['/papers/v1/search', 'Bearer x']])
  })

  it('refuses what is no address', async () => {
    expect(await thrownBy(new KindredRetriever({ url: 'localhost' }).invoke(QUESTION))).toMatchObject({
      code: 'INVALID_REQUEST',
    })
  })
})
