import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createWorkplace, type Ended, ending, paperLines, said, type Workplace } from './run-kindred.ts'

const Stats = z.object({ papers: z.int() })
const Exported = z.object({ id: z.string(), addedAt: z.string(), updatedAt: z.string() }).loose()

const papersIn = async (here: Workplace): Promise<number> =>
  Stats.parse(JSON.parse((await here.run(['stats', '--json'])).stdout)).papers

async function serve(here: Workplace): Promise<ChildProcess> {
  const child = here.start(['serve', '--port', '0'])
  onTestFinished(() => void child.kill('SIGKILL'))
  await said(child.stderr, /papers? at http:/)
  return child
}

async function stop(server: ChildProcess): Promise<void> {
  server.kill('SIGTERM')
  await once(server, 'exit')
}

/** 150 good records and some of each kind that is refused, in two files. */
function writeFiles({ dir }: Workplace): void {
  const embedding = '{"title": "A vector of another model", "embedding": [1, 0], "embeddingModel": "elsewhere"}\n'
  const lines = ['{"title": ""}\n', ...paperLines(150), '{"title": \n', embedding, '{"title": "No abstract"}\n']
  writeFileSync(join(dir, 'papers.jsonl'), lines.join(''))
  writeFileSync(join(dir, 'more.csv'), 'title,year\nStudy 3 again,2003\nToo early,12\n')
}

/** The same work in two folders: one that nobody else has, and one that a server has. */
async function both(args: readonly string[], prepare: (here: Workplace) => void = writeFiles) {
  const [alone, served] = [createWorkplace(), createWorkplace()]
  for (const here of [alone, served]) prepare(here)
  const server = await serve(served)
  return { alone, served, server, direct: await alone.run(args), through: await served.run(args) }
}

/** Everything but what the clock says. */
const report = ({ stdout }: Ended): unknown => ({ ...JSON.parse(stdout), seconds: 0 })

async function exported(here: Workplace): Promise<unknown[]> {
  const { stdout } = await here.run(['export'])
  return stdout
    .split('\n')
    .flatMap((line) => (line ? [{ ...Exported.parse(JSON.parse(line)), addedAt: '', updatedAt: '' }] : []))
}

describe('kindred ingest beside a server', () => {
  it('reports the same, and leaves the same papers, as without one', async () => {
    const args = ['ingest', 'papers.jsonl', 'more.csv', 'none.jsonl', '--json']
    const { alone, served, server, direct, through } = await both(args)
    expect(through.code).toBe(3)
    expect(through.code).toBe(direct.code)
    expect(report(direct)).toMatchObject({ added: 152, rejectedTotal: 5, embedded: 152, withoutAbstract: 2 })
    expect(report(through)).toEqual(report(direct))
    expect(await exported(served)).toEqual(await exported(alone))
    expect(report(await served.run(args))).toMatchObject({ added: 0, unchanged: 152, embedded: 0 })
    await stop(server)
    expect(report(await served.run(args))).toMatchObject({ added: 0, unchanged: 152, embedded: 0 })
  })

  it('says what it does on standard error', async () => {
    const { direct, through, server } = await both(['ingest', 'papers.jsonl'])
    const [notice, ...lines] = through.stderr.split('\n')
    expect(notice).toMatch(
      new RegExp(`^A server \\(pid ${server.pid}\\) has this index; writing through it at http://`),
    )
    const warnings = direct.stderr.split('\n').filter((line) => /^(rejected|warning)/.test(line))
    expect(lines).toEqual(expect.arrayContaining(warnings))
    expect(warnings).toHaveLength(4)
  })

  it('stops at the same record with --strict', async () => {
    const lines = [...paperLines(100), '{"title": ""}\n', '{"title": "Behind"}\n']
    const { alone, served, direct, through } = await both(['ingest', 'papers.jsonl', '--strict', '--json'], ({ dir }) =>
      writeFileSync(join(dir, 'papers.jsonl'), lines.join('')),
    )
    expect(through).toEqual(direct)
    expect(through).toMatchObject({ code: 3, stderr: expect.stringContaining('papers.jsonl:101') })
    expect(await papersIn(served)).toBe(100)
    expect(await papersIn(alone)).toBe(100)
  })

  it('refuses to mix models', async () => {
    const here = createWorkplace()
    writeFiles(here)
    await serve(here)
    const { code, stderr } = await here.run(['ingest', 'papers.jsonl', '--model', 'another', '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(stderr)).toMatchObject({ code: 'CONFIG_INVALID', detail: expect.stringContaining('another') })
  })

  it.each([
    ['by Ctrl-C', (ingest: ChildProcess) => void ingest.kill('SIGINT'), 'Stopped after'],
    [
      'by the death of the server',
      (ingest: ChildProcess, server: ChildProcess) => {
        server.kill('SIGKILL')
        ingest.stdin?.write(paperLines(2_000).slice(1_000).join(''))
      },
      'stopped answering',
    ],
  ])('goes on after a stop %s from what was acknowledged', async (_name, interrupt, told) => {
    const here = createWorkplace()
    const server = await serve(here)
    const papers = paperLines(1_000)
    const ingest = here.start(['ingest', '-'])
    ingest.stdin?.write(papers.join(''))
    await said(ingest.stderr, /\d papers/)
    interrupt(ingest, server)
    const { code, stdout, stderr } = await ending(ingest)
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' })
    expect(stderr).toContain(told)
    const kept = await papersIn(here)
    expect(kept).toBeGreaterThanOrEqual(64)
    const rerun = await here.run(['ingest', '-', '--json'], { stdin: papers.join('') })
    expect(report(rerun)).toMatchObject({ added: 1_000 - kept, unchanged: kept })
  })
})

describe('other commands that write, beside a server', () => {
  it('remove papers, or none where one is unknown', async () => {
    const args = ['remove', 'study-1', 'study-2', 'study-1', '--json']
    const here = createWorkplace()
    writeFiles(here)
    await here.run(['ingest', 'papers.jsonl'])
    await serve(here)
    expect(await here.run(['remove', 'study-1', 'nobody', '--json'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('\\"nobody\\"; nothing was removed'),
    })
    expect(JSON.parse((await here.run(args)).stdout)).toEqual({ removed: ['study-1', 'study-2'] })
    expect(await papersIn(here)).toBe(149)
  })

  it('rebuild the index', async () => {
    const here = createWorkplace()
    writeFiles(here)
    await here.run(['ingest', 'papers.jsonl'])
    const server = await serve(here)
    const { code, stdout, stderr } = await here.run(['index', 'rebuild'])
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Rebuilt the graph over 151 vectors; 0 papers embedded again.\n',
    })
    expect(stderr).toContain(`pid ${server.pid}`)
  })
})
