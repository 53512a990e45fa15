import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { Answer } from '../../src/domain/ask.ts'
import {
  breaksOff,
  hangs,
  type OpenAiServer,
  refuses,
  says,
  sends,
  startOpenAiServer,
} from '../support/openai-server.ts'
import { createWorkplace, ending, paperLines, said } from './run-kindred.ts'

const KEY = 'sk-secret-of-the-tests'
const QUESTION = ['ask', 'where attention helps graph']

const here = createWorkplace()
let server: OpenAiServer
let env: Record<string, string>

beforeAll(async () => {
  server = await startOpenAiServer()
  env = {
    KINDRED_LLM_BASE_URL: server.baseUrl,
    KINDRED_LLM_MODEL: 'frog-1',
    KINDRED_LLM_API_KEY: KEY,
    KINDRED_LLM_TIMEOUT_MS: '200000',
  }
  expect((await here.run(['ingest', '-'], { stdin: paperLines(20).join('') })).code).toBe(0)
})
afterAll(() => server.close())

describe('kindred ask', () => {
  it('prints sentences of the papers and their sources where no model is configured', async () => {
    const { code, stdout, stderr } = await here.run(QUESTION)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^“.+” \[(study\d{4}\w*)\]\n[\s\S]*\nSources:\n\[\1\] Study \d+ of /)
    expect(stderr).toMatch(/no language model · confidence (low|high)\n$/)
  })

  it('says so where no paper speaks of it, which is no failure', async () => {
    const { code, stdout, stderr } = await here.run(['ask', 'mortgage interest deduction'])
    expect([code, stdout]).toEqual([0, 'Nothing in this library speaks of that.\n'])
    expect(stderr).toContain('confidence none')
  })

  it('prints what the model writes as it comes, then the sources', async () => {
    server.behave(hangs(['Attention helps ']))
    const child = here.start(QUESTION, env)
    onTestFinished(() => void child.kill('SIGKILL'))
    await said(child.stdout, /Attention helps /)
    child.kill('SIGINT')
    const { code, stderr } = await ending(child)
    expect(code).toBe(130)
    expect(stderr).toContain('INTERRUPTED')
    expect(await server.received[0]?.ended).toBe(false)
  })

  it('lists what is cited, and notes what is not to be trusted', async () => {
    const shown = Answer.parse(JSON.parse((await here.run([...QUESTION, '--json'])).stdout)).citations[0]
    server.behave(says([`Attention helps [${shown?.key}], “graphs never help any attention here” [smith2020].`]))
    const { code, stdout, stderr } = await here.run(QUESTION, { env })
    expect(code).toBe(0)
    expect(stdout).toContain(
      `Attention helps [${shown?.key}], “graphs never help any attention here” [?].\n\nSources:\n`,
    )
    expect(stdout.split('Sources:\n')[1]).toMatch(/^\[study\d{4}\w*\] .*\n$/)
    expect(stderr).toMatch(
      /written by frog-1 · .*321 tokens read, 12 tokens written · .*smith2020 · (missing|altered): /,
    )
  })

  it('gives the whole answer as JSON', async () => {
    server.behave(says(['Attention helps.']))
    const { stdout, stderr } = await here.run([...QUESTION, '--json', '--max-tokens', '77'], { env })
    expect(Answer.strict().parse(JSON.parse(stdout))).toMatchObject({ answer: 'Attention helps.', kind: 'written' })
    expect(stderr).toBe('')
    expect(server.received[0]?.body.max_tokens).toBe(77)
  })

  it('does without the model by --extractive', async () => {
    server.behave(refuses(500, {}))
    const { stdout } = await here.run([...QUESTION, '--extractive', '--json', '--no-verify', '-n', '1'], { env })
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'extractive', verification: null })
    expect(server.received).toEqual([])
  })

  it.each([
    [refuses(401, { message: `wrong key ${KEY}` }), 9, 'UPSTREAM_FAILED'],
    [refuses(504, {}), 9, 'UPSTREAM_TIMEOUT'],
    [breaksOff([]), 9, 'UPSTREAM_FAILED'],
    [sends('data: {"choices": [{"del\n\n'), 9, 'UPSTREAM_FAILED'],
    [refuses(429, {}), 5, 'OVERLOADED'],
  ])('%# ends with an exit code of its own', async (behaviour, expected, name) => {
    server.behave(behaviour)
    const { code, stderr } = await here.run([...QUESTION, '--json'], { env })
    expect(code).toBe(expected)
    expect(JSON.parse(stderr)).toMatchObject({ code: name, remedy: expect.any(String) })
    expect(stderr).not.toContain(KEY)
  })

  it.each([
    [['ask'], 'question'],
    [['ask', 'x', '--max-tokens', '1'], 'maxTokens'],
    [['ask', 'x', '--llm-base-url', 'ftp://127.0.0.1'], '--llm-base-url'],
    [['ask', 'x', '--llm-base-url', 'http://me:secret@127.0.0.1/v1'], 'credentials'],
    [['ask', 'x', '--llm-base-url', 'http://127.0.0.1:1/v1'], 'llmModel'],
    [['ask', 'x', '--llm-temperature', '2.5'], 'from 0 to 2'],
  ])('refuses %j', async (args, text) => {
    const { code, stdout, stderr } = await here.run(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(text)
  })

  it('never shows the key among the settings', async () => {
    for (const args of [['config'], ['config', '--json']]) {
      const { stdout, stderr } = await here.run(args, { env: { ...env, KINDRED_LLM_TEMPERATURE: '0.7' } })
      expect(stdout).toMatch(/\(secret\)/)
      expect(stdout).toContain('0.7')
      expect(stdout + stderr).not.toContain(KEY)
    }
  })
})
