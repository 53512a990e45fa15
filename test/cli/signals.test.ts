import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { List } from '../../src/domain/query.ts'
import { createWorkplace, ending, paperLines, said, type Workplace } from './run-kindred.ts'

const PAPERS = paperLines(3_000)

const Papers = z.object({ papers: z.int() })

async function stats(here: Workplace): Promise<z.infer<typeof Papers>> {
  return Papers.parse(JSON.parse((await here.run(['stats', '--json'])).stdout))
}

describe('Ctrl-C in an ingest', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s keeps what is done, and a rerun goes on from there',
    async (signal) => {
      const here = createWorkplace()
      const child = here.start(['ingest', '-'])
      // The pipe stays open: the program waits for more when the signal comes.
      child.stdin?.write(PAPERS.slice(0, 1_000).join(''))
      await said(child.stderr, /papers/)
      child.kill(signal)
      const { code, stdout, stderr } = await ending(child)
      expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
      expect(stderr).toMatch(/Stopped after [\d,]+ records .*\(INTERRUPTED\)\n.*same command again/)

      const { papers: kept } = await stats(here)
      expect(kept).toBeGreaterThanOrEqual(16)
      const rerun = await here.run(['ingest', '-', '--json'], { stdin: PAPERS.join('') })
      expect(JSON.parse(rerun.stdout)).toMatchObject({ added: 3_000 - kept, unchanged: kept, embedded: 3_000 - kept })
      expect(await stats(here)).toMatchObject({ papers: 3_000 })
    },
  )
})

function serve(here: Workplace, ...args: string[]): ChildProcess {
  const child = here.start(['serve', '--port', '0', ...args])
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

describe('the server', () => {
  it('prints its address and a first question, answers, and ends well by a signal', async () => {
    const here = createWorkplace()
    const child = serve(here, '--sample')
    const [, url = '', question = ''] = await said(
      child.stderr,
      /papers at (http:\/\/127\.0\.0\.1:\d+) .*\n.*question: (\S+)/,
    )
    expect(question.startsWith(url)).toBe(true)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    expect(List.parse(await (await fetch(question)).json()).total).toBe(100)
    child.kill('SIGTERM')
    expect(await ending(child)).toMatchObject({ code: 0, stdout: '' })
  })

  it('reads the sample papers into an empty index only', async () => {
    const here = createWorkplace()
    await here.run(['ingest', '-'], { stdin: PAPERS[0] ?? '' })
    const child = serve(here, '--sample', '--json')
    const [line] = await said(child.stdout, /^.*\n/)
    expect(JSON.parse(line)).toEqual({ url: expect.stringMatching(/^http:/), papers: 1 })
    child.kill('SIGINT')
    expect((await ending(child)).code).toBe(0)
  })

  it('has logged each request once and in order when it has ended, however many lines were held back', async () => {
    const child = serve(createWorkplace(), '--sample', '--json', '--log-level', 'info')
    const [line] = await said(child.stdout, /^.*\n/)
    const { url } = z.object({ url: z.url() }).parse(JSON.parse(line))
    const paths = Array.from({ length: 60 }, (_, at) => (at % 7 === 6 ? '/v1/stats' : `/v1/papers/none-${at}`))
    const asked: (string | null)[] = []
    for (const path of paths) asked.push((await fetch(url + path)).headers.get('x-request-id'))
    child.kill('SIGTERM')
    const { stderr } = await ending(child)
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((each) => z.looseObject({ msg: z.string() }).parse(JSON.parse(each)))
    expect(lines.filter(({ msg }) => msg === 'request').map(({ requestId }) => requestId)).toEqual(asked)
    const times = lines.map(({ time }) => time)
    expect(times).toEqual([...times].sort())
  })

  it('ends at once by a second signal, though a request is under way', async () => {
    const here = createWorkplace()
    const child = serve(here)
    const [, url = ''] = await said(child.stderr, /papers at (\S+) /)
    const body = new ReadableStream({
      start: (stream) => stream.enqueue(new TextEncoder().encode(PAPERS.slice(0, 1_000).join(''))),
    })
    const headers = { 'Content-Type': 'application/x-ndjson' }
    const request = fetch(`${url}/v1/papers`, { method: 'POST', headers, body, duplex: 'half' }).catch(
      (error: unknown) => error,
    )
    while (Papers.parse(await (await fetch(`${url}/v1/stats`)).json()).papers < 64);
    const again = setInterval(() => child.kill('SIGINT'), 50)
    const [code] = await once(child, 'exit')
    clearInterval(again)
    expect(code).toBe(130)
    expect(await request).toBeInstanceOf(Error)
    child.stderr?.destroy()
  })

  it('says that its port is taken', async () => {
    const here = createWorkplace()
    const child = serve(here)
    const [, port = ''] = await said(child.stderr, /papers at http:\/\/127\.0\.0\.1:(\d+)/)
    const second = await here.run(['serve', '--port', port, '--index', 'other', '--json'])
    expect(second).toMatchObject({ code: 2, stdout: '' })
    expect(JSON.parse(second.stderr)).toMatchObject({ code: 'PORT_UNAVAILABLE', detail: expect.stringContaining(port) })
    child.kill('SIGTERM')
    expect((await ending(child)).code).toBe(0)
  })
})
