import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Kindred, openKindred } from '../src/compose.ts'
import { Settings } from '../src/config/settings.ts'
import { type RunningServer, startServer } from '../src/http/server.ts'
import { add } from './support/library.ts'

const ADDRESS = 'http://127.0.0.1:8787'
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PYTHON = process.env.KINDRED_TEST_PYTHON ?? 'python3'
const runs = (command: string, ...options: readonly string[]) =>
  spawnSync(command, options, { timeout: 20_000 }).status === 0

const RUNNERS: Record<string, { readonly command: readonly string[]; readonly isMissing: boolean }> = {
  sh: { command: ['sh', '-c'], isMissing: !runs('curl', '--version') },
  js: { command: [process.execPath, '--input-type=module', '-e'], isMissing: false },
  python: { command: [PYTHON, '-c'], isMissing: !runs(PYTHON, '-c', 'import semanticscholar') },
}

const text = readFileSync(`${ROOT}docs/assistants.md`, 'utf8')
const section = /^## Contracts\n([\s\S]*?)(?=^## )/m.exec(text)?.[1] ?? ''
const snippets = [...section.matchAll(/^```(sh|js|python)\n([\s\S]*?)^```$/gm)].map(
  ([, language = '', source = '']) => ({
    language,
    source,
  }),
)

let dir: string
let kindred: Kindred
let server: RunningServer
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kindred-contracts-'))
  kindred = await openKindred(Settings.parse({ indexDir: dir, evidence: 'off' }))
  const sample = readFileSync(`${ROOT}data/sample.jsonl`, 'utf8').trim().split('\n')
  await add(
    kindred.deps,
    sample.map((line) => JSON.parse(line)),
  )
  const { deps, readBody } = kindred
  const context = { deps, readBody, log: pino({ level: 'silent' }), version: '1.2.3' }
  server = await startServer(context, { host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await server?.close()
  await kindred?.close()
  rmSync(dir, { recursive: true })
})

async function run(language: string, source: string): Promise<unknown> {
  const [command = '', ...options] = RUNNERS[language]?.command ?? []
  const { stdout } = await promisify(execFile)(command, [...options, source.replaceAll(ADDRESS, server.url)], {
    cwd: ROOT,
    timeout: 60_000,
  })
  return { answer: JSON.parse(stdout) }
}

const ATTENTION = 'Attention Is All You Need'
const some = expect.any(String)

/** What each snippet prints, in the order of the section. */
const ANSWERS: readonly unknown[] = [
  { vectors: 2, dimension: 384, usage: { prompt_tokens: 15, total_tokens: 15 } },
  {
    model: 'Xenova/all-MiniLM-L6-v2',
    results: [{ index: 1, document: { text: 'Frogs sing after rain to be found.' } }],
  },
  [{ index: 1, text: 'Frogs sing after rain to be found.' }, { index: 0 }],
  [{ title: ATTENTION, link: 'https://arxiv.org/abs/1706.03762', snippet: some }, { link: some }, { link: some }],
  { records: [{ title: ATTENTION, content: some, metadata: { arxivId: '1706.03762', year: 2017 } }, {}, {}] },
  [ATTENTION, [some, some, some]],
  {
    total: expect.any(Number),
    next: 3,
    data: Array(3).fill({ paperId: some, title: some, score: expect.any(Number) }),
  },
]

it('shows a snippet of every contract', () => {
  expect(snippets.map(({ language }) => language)).toEqual(['js', 'sh', 'sh', 'sh', 'sh', 'python', 'sh'])
})

for (const [at, { language, source }] of snippets.entries()) {
  const isMissing = RUNNERS[language]?.isMissing
  it.skipIf(isMissing)(`prints what it says: snippet ${at + 1} of the contracts (needs ${language})`, async () => {
    expect(await run(language, source)).toMatchObject({ answer: ANSWERS[at] })
  })
}
