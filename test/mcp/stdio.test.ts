import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createWorkplace, ending, environment, PROGRAM, said } from '../cli/run-kindred.ts'
import { connectStdio, createIndex, type IndexFolder, REVISIONS } from './connect.ts'
import { ENVELOPE, INITIALIZE } from './envelope.ts'

const PARENT = fileURLToPath(new URL('../fixtures/mcp-parent.mjs', import.meta.url))
const NOISE = fileURLToPath(new URL('../fixtures/noisy.cjs', import.meta.url))

let index: IndexFolder
beforeAll(() => {
  index = createIndex()
})
afterAll(() => index.remove())

function start(program: readonly string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, program, { cwd: index.dir, env: environment(env), stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const ask = (child: ChildProcess, message: unknown): void => void child.stdin?.write(`${JSON.stringify(message)}\n`)

describe('kindred mcp', () => {
  it('ends when its input does, with all of its output JSON-RPC', async () => {
    const child = start([PROGRAM, 'mcp'])
    ask(child, INITIALIZE)
    const [first] = await said(child.stdout, /^.*\n/)
    expect(JSON.parse(first)).toMatchObject({ id: 'first', result: { serverInfo: { name: 'kindred' } } })
    child.stdin?.end()
    expect(await ending(child)).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends well by %s, though its input stays open', async (signal) => {
    const child = start([PROGRAM, 'mcp'])
    ask(child, INITIALIZE)
    await said(child.stdout, /\n/)
    child.kill(signal)
    expect(await ending(child)).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('ends when nobody reads its answers any more', async () => {
    const child = start([PROGRAM, 'mcp'])
    child.stdout?.destroy()
    ask(child, INITIALIZE)
    ask(child, { jsonrpc: '2.0', id: 1, method: 'tools/list' })
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('ends when the assistant that started it is killed', async () => {
    const parent = start([PARENT, PROGRAM, JSON.stringify(INITIALIZE), 'mcp'])
    await said(parent.stdout, /"first"/)
    parent.kill('SIGKILL')
    // Its standard error is the child's too, so that it ends with the last of both.
    await Promise.all([parent.stdout, parent.stderr].map((stream) => stream && text(stream)))
  }, 15_000)

  it('keeps standard output free of what libraries write there', async () => {
    const child = start(['--require', NOISE, PROGRAM, 'mcp'])
    for (const id of [1, 2, 3]) {
      ask(child, {
        jsonrpc: '2.0',
        id,
        method: 'tools/call',
        params: { name: 'fetch', arguments: { id: 'sourdough' }, ...ENVELOPE },
      })
    }
    const [answers] = await said(child.stdout, /(?:.*\n){3}/)
    for (const line of answers.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
    child.stdin?.end()
    const { stdout, stderr } = await ending(child)
    expect(stdout).toBe('')
    expect(stderr).toContain('noise of the console')
    expect(stderr).toContain('noise without a line end')
  })

  it('reads beside a program that writes, and finds what it added', async () => {
    const client = await connectStdio(index.dir, REVISIONS['2026-07-28'] ?? 'legacy')
    onTestFinished(() => client.close())
    const ingest = start([PROGRAM, 'ingest', '-', '--json'])
    ingest.stdin?.end(
      JSON.stringify({ id: 'kelp', title: 'Kelp Forests', abstract: 'Kelp forests shelter young cod.' }),
    )
    expect((await ending(ingest)).code).toBe(0)
    const found = await client.callTool({ name: 'search', arguments: { query: 'kelp forests shelter cod' } })
    expect(found.structuredContent).toMatchObject({
      results: expect.arrayContaining([expect.objectContaining({ id: 'kelp' })]),
    })
  })

  it('says on standard error that there is no index', async () => {
    const here = createWorkplace()
    mkdirSync(join(here.dir, 'idx'))
    const ended = await here.run(['mcp'])
    expect(ended).toMatchObject({ code: 5, stdout: '', stderr: expect.stringContaining('kindred ingest') })
  })
})
