import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { Sqlite } from '../../src/store/sqlite.ts'
import { createWorkplace, ending, paperLines, said, type Workplace } from '../cli/run-kindred.ts'
import { tempDir } from '../support/temp-dir.ts'

const PAPERS = paperLines(1_000)
const Info = z.object({ pid: z.int(), command: z.string(), url: z.string().nullable() })

const infoFile = ({ dir }: Workplace): string => join(dir, 'idx', 'writer.json')
const infoOf = (here: Workplace) => Info.parse(JSON.parse(readFileSync(infoFile(here), 'utf8')))

function start(here: Workplace, args: readonly string[], env?: Readonly<Record<string, string>>): ChildProcess {
  const child = here.start(args, env)
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

async function serve(here: Workplace): Promise<{ child: ChildProcess; url: string }> {
  const child = start(here, ['serve', '--port', '0'])
  const [, url = ''] = await said(child.stderr, /papers? at (http:\S+) /)
  return { child, url }
}

/** An ingest that has the index until its input ends. */
async function startIngest(here: Workplace): Promise<ChildProcess> {
  const child = start(here, ['ingest', '-'])
  child.stdin?.write(PAPERS.join(''))
  await said(child.stderr, /papers/)
  return child
}

const addOne = (here: Workplace, ...args: string[]) =>
  here.run(['ingest', '-', '--json', ...args], { stdin: '{"title": "One more"}\n' })

describe('two servers on one folder', () => {
  it('are one: the second ends and names the first', async () => {
    const here = createWorkplace()
    const { child, url } = await serve(here)
    const second = await here.run(['serve', '--port', '0'])
    expect(second).toMatchObject({ code: 7, stdout: '' })
    expect(second.stderr).toMatch(
      new RegExp(`locked by pid ${child.pid} \\(kindred serve at ${url} since \\d{4}-.*\\(INDEX_LOCKED\\)`),
    )
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    child.kill('SIGTERM')
    expect((await ending(child)).code).toBe(0)
    expect(existsSync(infoFile(here))).toBe(false)
  })
})

describe('two commands that write', () => {
  it('come one after the other, and the second says whom it waits for', async () => {
    const here = createWorkplace()
    const first = await startIngest(here)
    const second = start(here, ['ingest', '-'])
    second.stdin?.end('{"title": "One more"}\n')
    const [notice] = await said(second.stderr, /Waiting for .*\n/)
    expect(notice).toContain(`pid ${first.pid} (kindred ingest since `)
    first.stdin?.end()
    expect((await ending(first)).code).toBe(0)
    const { code, stdout } = await ending(second)
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('1 added') })
  })

  it.each([[['--no-wait']], [['--wait', '0']]])('do not wait where that is asked for: %j', async (args) => {
    const here = createWorkplace()
    const first = await startIngest(here)
    const second = await addOne(here, ...args)
    expect(second).toMatchObject({ code: 7, stdout: '' })
    expect(JSON.parse(second.stderr)).toMatchObject({
      code: 'INDEX_LOCKED',
      detail: expect.stringContaining(`pid ${first.pid} (kindred ingest since `),
    })
    first.kill('SIGKILL')
    await once(first, 'exit')
  })

  it('can be stopped while they wait', async () => {
    const here = createWorkplace()
    await startIngest(here)
    const second = start(here, ['index', 'rebuild'])
    await said(second.stderr, /Waiting for/)
    second.kill('SIGINT')
    expect((await ending(second)).code).toBe(130)
  })
})

describe('reading', () => {
  it('goes on while another process writes, and leaves no trace', async () => {
    const here = createWorkplace()
    const writer = await startIngest(here)
    const before = readFileSync(infoFile(here), 'utf8')
    for (const args of [
      ['search', 'attention', '--json'],
      ['stats', '--json'],
      ['list', '--json'],
    ]) {
      expect(await here.run(args)).toMatchObject({ code: 0, stderr: '' })
    }
    expect(readFileSync(infoFile(here), 'utf8')).toBe(before)
    writer.stdin?.end()
    expect((await ending(writer)).code).toBe(0)
  })

  it('makes no lock', async () => {
    const here = createWorkplace()
    mkdirSync(join(here.dir, 'idx'))
    expect((await here.run(['stats'])).code).toBe(5)
    expect(existsSync(join(here.dir, 'idx', 'writer.lock'))).toBe(false)
  })
})

describe('a writer that was killed', () => {
  it('leaves no lock, though it still says that it is there', async () => {
    const here = createWorkplace()
    const { child } = await serve(here)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(infoOf(here)).toMatchObject({ pid: child.pid, command: 'kindred serve' })
    expect(await addOne(here, '--no-wait')).toMatchObject({ code: 0, stderr: '' })
    const next = await serve(here)
    expect(infoOf(here)).toMatchObject({ pid: next.child.pid, url: next.url })
  })

  it('is not taken for a living program that got its pid', async () => {
    const here = createWorkplace()
    await addOne(here)
    const url = 'http://127.0.0.1:9'
    const info = { pid: process.pid, command: 'kindred serve', startedAt: new Date().toISOString(), url }
    writeFileSync(infoFile(here), JSON.stringify(info))
    expect(await here.run(['remove', 'nobody', '--no-wait', '--json'])).toMatchObject({ code: 4 })
  })
})

describe('a note of who writes that tells nothing', () => {
  const notes: readonly (readonly [string, string])[] = [
    ['empty', ''],
    ['cut off', '{"pid": 12, "comm'],
    ['garbage', '\u0000\u0001\uFFFD'],
    ['of another shape', '{"pid": "many"}'],
  ]

  it.each(notes)('(%s) does not open the lock', async (_name, note) => {
    const here = createWorkplace()
    await serve(here)
    writeFileSync(infoFile(here), note)
    const ended = await addOne(here, '--no-wait')
    expect(ended.code).toBe(7)
    expect(JSON.parse(ended.stderr)).toMatchObject({ detail: 'The index is locked by another process.' })
  })

  it('does not send papers to the server of another index', async () => {
    const here = createWorkplace()
    const elsewhere = createWorkplace()
    await serve(here)
    await serve(elsewhere)
    const own = readFileSync(infoFile(here), 'utf8')
    const { url } = infoOf(elsewhere)
    for (const note of [readFileSync(infoFile(elsewhere), 'utf8'), JSON.stringify({ ...JSON.parse(own), url })]) {
      writeFileSync(infoFile(here), note)
      expect(await addOne(here, '--no-wait')).toMatchObject({ code: 7 })
    }
    expect(JSON.parse((await elsewhere.run(['stats', '--json'])).stdout)).toMatchObject({ papers: 0 })
    writeFileSync(infoFile(here), own)
    expect(JSON.parse((await addOne(here)).stdout)).toMatchObject({ added: 1 })
  })
})

describe('a folder that cannot be written', () => {
  it('is named where it cannot be made', async () => {
    const here = createWorkplace()
    writeFileSync(join(here.dir, 'file'), '')
    for (const args of [
      ['serve', '--port', '0'],
      ['remove', 'x'],
    ]) {
      const { code, stdout, stderr } = await here.run([...args, '--index', 'file/idx'])
      expect({ code, stdout }).toEqual({ code: 5, stdout: '' })
      expect(stderr).toMatch(/"file\/idx" cannot be made \(ENOTDIR\).*STORE_UNREADABLE/)
    }
  })

  it.skipIf(process.getuid?.() === 0)('is named where it is read-only (not as root)', async () => {
    const here = createWorkplace()
    mkdirSync(join(here.dir, 'idx'))
    chmodSync(join(here.dir, 'idx'), 0o500)
    const { code, stderr } = await addOne(here)
    expect(code).toBe(5)
    expect(JSON.parse(stderr)).toMatchObject({ detail: 'The folder "idx" cannot be written (EACCES).' })
    chmodSync(join(here.dir, 'idx'), 0o700)
  })

  it('is named where something else has the place of the lock', async () => {
    const here = createWorkplace()
    await addOne(here)
    writeFileSync(join(here.dir, 'idx', 'writer.lock'), 'This is no lock. '.repeat(100))
    const { code, stderr } = await addOne(here)
    expect(code).toBe(5)
    expect(JSON.parse(stderr).detail).toMatch(/writer\.lock" cannot be locked \(SQLITE_NOTADB\)/)
  })
})

const RACERS = 8
const ROUNDS = process.env.KINDRED_FULL === '1' ? 50 : 5
const RACER = fileURLToPath(new URL('support/lock-racer.mjs', import.meta.url))

const Outcome = z.object({
  added: z.literal(1),
  refusals: z.array(z.object({ code: z.literal('INDEX_LOCKED'), text: z.string().regex(/^The index is locked by /) })),
})

const racers: ChildProcess[] = []
afterAll(() => racers.forEach((racer) => void racer.kill('SIGKILL')))

function countIn(dir: string): unknown {
  const db = new Sqlite(join(dir, 'papers.db'), { readonly: true })
  const count = db.prepare('SELECT count(*) FROM papers').pluck().get()
  db.close()
  return count
}

describe(`${RACERS} processes that open an empty folder at once`, () => {
  it(
    `write one at a time, and no one hears of a locked database (${ROUNDS} rounds)`,
    async () => {
      for (let at = 0; at < RACERS; at += 1) racers.push(fork(RACER))
      await Promise.all(racers.map((racer) => once(racer, 'message')))
      for (let round = 0; round < ROUNDS; round += 1) {
        const dir = join(tempDir(), 'idx')
        const answers = racers.map((racer) => once(racer, 'message'))
        for (const racer of racers) racer.send(dir)
        for (const [answer] of await Promise.all(answers))
          expect(Outcome.safeParse(answer).error, JSON.stringify(answer)).toBeUndefined()
        expect(countIn(dir)).toBe(RACERS)
      }
    },
    ROUNDS * 20_000,
  )
})
