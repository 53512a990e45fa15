import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { AskRequest } from '../../../src/domain/ask.ts'
import { createOpenAiChat } from '../../../src/llm/openai.ts'
import { answerQuestion, openAnswer } from '../../../src/services/ask/ask.ts'
import type { Deps } from '../../../src/services/deps.ts'
import { fillSentences } from '../../../src/services/fill-sentences.ts'
import { add, type Library, openLibrary } from '../../support/library.ts'
import { goesOn, type OpenAiServer, says, startOpenAiServer } from '../../support/openai-server.ts'

const FROGS = {
  id: 'frogs',
  title: 'Why frogs sing after rain',
  abstract:
    'Ponds are loud in spring. Frogs sing after rain because wet skin lets them stay above the water. Most of the 412 frogs that we heard sang at night.',
  authors: ['Ada Moss'],
  year: 2001,
}
const TOADS = {
  id: 'toads',
  title: 'Songs of toads [TOAD2000]',
  abstract:
    'Toads sing after rain like frogs, and “louder” [smith1999] than most. Frogs sing after rain because a wet skin lets them stay above the water.',
  authors: ['Bo Reed'],
  year: 2005,
}
const KILNS = {
  id: 'kilns',
  title: 'Kilns at night',
  abstract: 'Kilns glow at night. Nobody paints a kiln in rain.',
  authors: ['Cy Vale'],
  year: 2011,
}
const QUESTION = 'why do frogs sing after rain'

let library: Library
beforeEach(async () => {
  library = await openLibrary()
  await add(library, [FROGS, TOADS, KILNS])
  await fillSentences(library)
})

const request = (given: object = {}) => AskRequest.parse({ question: QUESTION, ...given })
const ask = (given: object = {}, deps: Deps = library) => answerQuestion(deps, request(given))

describe('an answer without a language model', () => {
  it('is made of sentences as they stand, each paper with its key, and every quote stands', async () => {
    const answer = await ask()
    expect(answer).toMatchObject({ kind: 'extractive', model: null, prompt: null, usage: null, unknownKeys: [] })
    expect(answer.answer).toContain('Frogs sing after rain because wet skin lets them stay above the water.')
    const paragraphs = answer.answer.split('\n\n')
    expect(paragraphs.map((text) => /^“.+” \[(\w+)\]$/.exec(text)?.[1])).toEqual(answer.citations.map(({ key }) => key))
    expect(answer.verification).toMatchObject({ ok: true, doubtful: [], quotes: { altered: 0, missing: 0 } })
    expect(answer.verification?.quotes.exact).toBe(paragraphs.length)
  })

  it('says nothing twice in nearly the same words', async () => {
    const { answer } = await ask()
    expect(answer.match(/wet skin lets them/g)).toHaveLength(1)
  })

  it('keeps marks of a paper from looking like the end of a quote or a citation', async () => {
    const { answer, verification } = await ask({ question: 'toads sing louder than most frogs' })
    expect(answer).toContain("'louder' (smith1999)")
    expect(verification?.ok).toBe(true)
  })

  it('keeps to the tokens that it is given, with one sentence at least', async () => {
    const all = await ask()
    const one = await ask({ maxTokens: 16 })
    expect(one.citations).toHaveLength(1)
    expect(one.answer.length).toBeLessThan(all.answer.length)
  })

  it('quotes the title of a paper that has no abstract', async () => {
    const bare = await openLibrary()
    await add(bare, [{ id: 'bare', title: 'Frogs sing after rain', authors: ['Ada Moss'], year: 2001 }])
    const { answer, verification } = await ask({}, bare)
    expect(answer).toBe('“Frogs sing after rain” [moss2001]')
    expect(verification?.ok).toBe(true)
  })

  it('is the same for the same question', async () => {
    expect(await ask()).toEqual(await ask())
  })

  it('stays within the filter', async () => {
    const { citations } = await ask({ filter: { year: 2005 } })
    expect(citations.map(({ id }) => id)).toEqual(['toads'])
  })
})

describe('an answer by a language model', () => {
  let server: OpenAiServer
  let deps: Deps
  beforeEach(async () => {
    server = await startOpenAiServer()
    onTestFinished(server.close)
    const chat = createOpenAiChat({
      baseUrl: server.baseUrl,
      model: 'frog-1',
      timeoutMs: 200_000,
      maxTokens: 300,
      temperature: 0,
    })
    deps = { ...library, chat }
  })

  it('is asked for with the excerpts as data and the question behind them', async () => {
    server.behave(says(['Because of wet skin [moss2001].']))
    await ask({ maxTokens: 99 }, deps)
    const [received] = server.received
    const [system, user] = received?.body.messages ?? []
    expect(system?.content).toContain('data')
    expect(user?.content).toMatch(/<<<PAPER \d{15} \[moss2001\]>>>[\s\S]*Question: why do frogs sing after rain/)
    expect(received?.body.max_tokens).toBe(99)
  })

  it('tells a citation before the text that names it, wherever its pieces end, and no key that was not shown', async () => {
    server.behave(
      says(['Because of ', 'wet skin [mo', 'ss', '2001], not of ', 'love [smi', 'th2020; reed', '2005', '].']),
    )
    const events = []
    for await (const event of await openAnswer(deps, request())) events.push(event)
    const kinds = events.map(({ event }) => event)
    expect(kinds.at(-1)).toBe('done')
    const told = events.flatMap(({ event, data }) =>
      event === 'delta' ? [data.text] : event === 'citation' ? [`<${data.key}>`] : [],
    )
    expect(told.join('')).toBe('Because of wet skin <moss2001>[moss2001], not of love <reed2005>[reed2005].')
    expect(events.at(-1)?.data).toMatchObject({
      kind: 'written',
      model: 'frog-1',
      prompt: 'ask-1',
      finish: 'stop',
      unknownKeys: ['smith2020'],
      usage: { promptTokens: 321, completionTokens: 12 },
    })
  })

  it('says which quotes do not stand in the papers that it cites', async () => {
    const quote = 'frogs sing after rain because dry skin lets them stay above the water'
    server.behave(says([`They say “${quote}” [moss2001], and "412 frogs that we heard" [moss2001].`]))
    const { verification } = await ask({}, deps)
    expect(verification).toMatchObject({ ok: false, quotes: { exact: 1, altered: 1 }, doubtful: [{ quote }] })
    expect((await ask({ verify: false }, deps)).verification).toBeNull()
  })

  it('cites a paper of the library that the model was not shown no more than an invented one', async () => {
    server.behave(says(['Frogs [moss2001], kilns [vale2011].']))
    const { answer, citations, unknownKeys } = await ask({ filter: { year: 2001 } }, deps)
    expect([answer, citations.map(({ key }) => key), unknownKeys]).toEqual([
      'Frogs [moss2001], kilns [?].',
      ['moss2001'],
      ['vale2011'],
    ])
  })

  it('is not asked for where no paper speaks of the question, or the request does without', async () => {
    const nothing = await ask({ question: 'mortgage interest deduction' }, deps)
    expect(nothing).toMatchObject({ kind: 'nothing', confidence: 'none', citations: [], model: null })
    expect(nothing.answer).toMatch(/^Nothing/)
    expect(await ask({ extractive: true }, deps)).toEqual(await ask())
    expect(server.received).toEqual([])
  })

  it.each([
    [[''], 'stop', 'wrote nothing.'],
    [[' \n'], 'length', 'llmMaxTokens'],
  ])('that says nothing (%j) is UPSTREAM_FAILED', async (pieces, finish, detail) => {
    server.behave(says(pieces, finish))
    await expect(ask({}, deps)).rejects.toMatchObject({
      code: 'UPSTREAM_FAILED',
      message: expect.stringContaining(detail),
    })
  })

  it('that never ends is cut, and the request ended', async () => {
    server.behave(goesOn('frogs and '.repeat(50)))
    const { answer, finish } = await ask({}, deps)
    expect(finish).toBe('length')
    expect(answer.length).toBeLessThan(60_000)
    expect(await server.received[0]?.ended).toBe(false)
  })

  it('is left unchecked where it is longer than what is checked at once', async () => {
    server.behave(says(['frogs and '.repeat(20_000)]))
    expect(await ask({}, deps)).toMatchObject({ verification: null, finish: 'length' })
  })

  it('is left unchecked where it holds more quotes than are checked at once', async () => {
    server.behave(says(['“frogs sing after rain” [moss2001]. '.repeat(201)]))
    expect((await ask({}, deps)).verification).toBeNull()
  })
})
