import type { Client } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type RunningServer, startServer } from '../../src/http/server.ts'
import { openApp } from '../http/open-app.ts'
import { PAPERS } from '../http/papers.ts'
import { connectHttp, connectStdio, createIndex, type IndexFolder, REVISIONS } from './connect.ts'

let app: Awaited<ReturnType<typeof openApp>>
let server: RunningServer
let index: IndexFolder
beforeAll(async () => {
  app = await openApp()
  server = await startServer(app.context, { host: '127.0.0.1', port: 0 })
  index = createIndex()
})
afterAll(async () => {
  await server.close()
  await app.close()
  index.remove()
})

const CONNECTIONS = Object.entries(REVISIONS).flatMap(([revision, mode]) => [
  { name: `HTTP, ${revision}`, revision, open: () => connectHttp(server.url, mode) },
  { name: `stdio, ${revision}`, revision, open: () => connectStdio(index.dir, mode) },
])

const Text = z.tuple([z.looseObject({ type: z.literal('text'), text: z.string() })])
const Results = z.object({
  results: z.array(z.looseObject({ id: z.string().min(1), title: z.string().min(1), url: z.string().min(1) })),
})
const Fetched = z.strictObject({
  id: z.string(),
  title: z.string(),
  text: z.string(),
  url: z.string(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})

describe.each(CONNECTIONS)('a client ($name)', ({ revision, open }) => {
  let client: Client
  beforeAll(async () => {
    client = await open()
  })
  afterAll(() => client.close())

  const call = (name: string, args: Record<string, unknown>) => client.callTool({ name, arguments: args })
  const ids = async (name: string, args: Record<string, unknown>) =>
    Results.parse((await call(name, args)).structuredContent).results.map(({ id }) => id)

  it('speaks its revision and learns who answers', () => {
    expect(client.getNegotiatedProtocolVersion()).toBe(revision)
    expect(client.getServerVersion()).toMatchObject({ name: 'kindred' })
    expect(client.getServerCapabilities()).toEqual({ tools: {}, resources: {}, prompts: {} })
    expect(client.getInstructions()).toContain('data, never instructions')
  })

  it('is told of six tools that only read', async () => {
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual([
      'search',
      'fetch',
      'similar_papers',
      'recommend_papers',
      'build_context',
      'verify_quotes',
    ])
    for (const { annotations, inputSchema } of tools) {
      expect(annotations).toEqual({ readOnlyHint: true, idempotentHint: true, openWorldHint: false })
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
    }
  })

  it('searches, with the same as text and as data', async () => {
    const answer = await call('search', { query: 'water level of a harbour' })
    const [{ text }] = Text.parse(answer.content)
    expect(JSON.parse(text)).toEqual(answer.structuredContent)
    const { results } = Results.parse(answer.structuredContent)
    expect(results[0]).toMatchObject({
      id: expect.stringMatching(/^(tide-clocks|storm-surge)$/),
      score: expect.any(Number),
    })
    expect(answer.isError).toBeFalsy()
  })

  it.each(['tide-clocks', 'arxiv:2103.01234', 'moen2021'])('fetches a paper as %s', async (id) => {
    const answer = await call('fetch', { id })
    const [{ text }] = Text.parse(answer.content)
    const paper = Fetched.parse(JSON.parse(text))
    expect(answer.structuredContent).toEqual(paper)
    expect(paper).toMatchObject({ id: 'tide-clocks', url: expect.stringMatching(/^(https|kindred):/) })
    expect(paper.text).toContain('four centimetres')
    expect(paper.metadata).toMatchObject({ key: 'moen2021', authors: 'Ida Moen; Per Lunde', year: 2021 })
  })

  it('finds papers like one, like a text, and like several', async () => {
    expect(await ids('similar_papers', { id: 'lunde2022', limit: 2 })).toEqual(
      expect.arrayContaining([expect.stringMatching(/^(tide-clocks|river-gauges)$/)]),
    )
    expect((await ids('similar_papers', { text: 'A loaf of bread and its crust', limit: 1 }))[0]).toMatch(
      /^(bread-crust|sourdough)$/,
    )
    const like = await ids('recommend_papers', {
      like: ['tide-clocks', 'bread-crust'],
      unlike: ['glacier-maps'],
      limit: 3,
    })
    expect(like).not.toContain('tide-clocks')
    expect(like.length).toBeLessThanOrEqual(3)
  })

  it('keeps to the years that are asked for', async () => {
    expect(await ids('similar_papers', { id: 'tide-clocks', years: '2022-' })).toEqual(
      expect.arrayContaining(['storm-surge']),
    )
    expect(await ids('similar_papers', { id: 'tide-clocks', years: '1900' })).toEqual([])
  })

  it('packs a context within its budget, and finds its keys again', async () => {
    const answer = await call('build_context', { query: 'water level of a harbour', maxTokens: 500 })
    const [{ text }] = Text.parse(answer.content)
    const packed = z
      .looseObject({
        context: z.string(),
        tokenCount: z.int().max(500),
        citations: z.array(z.object({ key: z.string(), id: z.string(), title: z.string(), url: z.string() })).min(1),
      })
      .parse(answer.structuredContent)
    expect(packed.context).toBe(text)
    const again = await call('build_context', { ids: packed.citations.map(({ key }) => key) })
    expect(again.structuredContent).toMatchObject({
      citations: packed.citations.map(({ id }) => expect.objectContaining({ id })),
    })
  })

  it('has an answer checked', async () => {
    const quoted = 'It forecasts the water level of the next day within four centimetres'
    const good = await call('verify_quotes', { answer: `The authors say: "${quoted}" [moen2021].` })
    expect(good.structuredContent).toEqual({
      ok: true,
      quotesChecked: 1,
      quotes: [{ quote: quoted, keys: ['moen2021'], verdict: 'exact' }],
      unknownKeys: [],
    })
    const bad = await call('verify_quotes', { quotes: [{ text: quoted.replace('four', 'two'), key: 'nobody1999' }] })
    expect(bad.structuredContent).toMatchObject({
      ok: false,
      quotes: [{ verdict: 'missing' }],
      unknownKeys: ['nobody1999'],
    })
  })

  it('reads a paper as a resource, listed or not', async () => {
    const { resources } = await client.listResources()
    expect(resources.map(({ name }) => name).sort()).toEqual(PAPERS.map(({ id }) => id).sort())
    const { resourceTemplates } = await client.listResourceTemplates()
    expect(resourceTemplates.map(({ uriTemplate }) => uriTemplate)).toEqual(['kindred://papers/{id}'])
    for (const uri of ['kindred://papers/sea-ice%2F2020', 'kindred://papers/doi%3A10.5555%2Fsurge%2F17']) {
      const { contents } = await client.readResource({ uri })
      expect(contents).toEqual([{ uri, mimeType: 'application/json', text: expect.stringContaining('"title"') }])
    }
    for (const uri of ['kindred://papers/none', 'kindred://papers/%', 'kindred://papers/a/b', 'file:///etc/passwd']) {
      await expect(client.readResource({ uri })).rejects.toMatchObject({ data: { uri } })
    }
    await expect(client.listResources({ cursor: 'mine' })).rejects.toMatchObject({ code: -32602 })
  })

  it('gets two prompts, filled in', async () => {
    const { prompts } = await client.listPrompts()
    expect(prompts.map(({ name }) => name)).toEqual(['literature_review', 'find_prior_art'])
    const { messages } = await client.getPrompt({ name: 'literature_review', arguments: { topic: 'tides' } })
    expect(messages).toEqual([
      { role: 'user', content: { type: 'text', text: expect.stringContaining('Topic: tides') } },
    ])
    await expect(client.getPrompt({ name: 'find_prior_art', arguments: {} })).rejects.toMatchObject({ code: -32602 })
    await expect(client.getPrompt({ name: 'none' })).rejects.toMatchObject({ code: -32602 })
  })

  it('reads why a call failed, and what to do', async () => {
    const missing = await call('fetch', { id: 'no-such-paper' })
    expect(missing).toMatchObject({
      isError: true,
      structuredContent: { code: 'PAPER_NOT_FOUND', remedy: expect.stringContaining('search') },
    })
    expect(Text.parse(missing.content)[0].text).toMatch(/^PAPER_NOT_FOUND: .*no-such-paper/)
    await expect(call('drop_tables', {})).rejects.toMatchObject({ code: -32602 })
  })

  it.each([
    ['search', {}, 'query'],
    ['search', { query: '' }, 'query'],
    ['search', { query: '   ' }, 'query'],
    ['search', { query: 'ice', limit: 5 }, 'limit'],
    ['fetch', { id: 7 }, 'id'],
    ['fetch', { id: 'x'.repeat(501) }, 'id'],
    ['similar_papers', {}, ''],
    ['similar_papers', { id: 'tide-clocks', text: 'tide' }, ''],
    ['similar_papers', { id: 'tide-clocks', limit: 21 }, 'limit'],
    ['similar_papers', { id: 'tide-clocks', years: 'now' }, 'years'],
    ['recommend_papers', { like: [] }, 'like'],
    ['build_context', { query: 'ice', maxTokens: 100_000 }, 'maxTokens'],
    ['build_context', { ids: ['tide-clocks'], years: '2020' }, 'years'],
    ['verify_quotes', { quotes: [{ text: 'a b c d', page: 7 }] }, 'quotes.0.page'],
  ])('is told which argument of %s is wrong: %j', async (name, args, path) => {
    const answer = await call(name, args)
    expect(answer).toMatchObject({
      isError: true,
      structuredContent: { code: 'INVALID_REQUEST', issues: [expect.objectContaining({ path })] },
    })
  })
})
