import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { Sqlite } from '../../src/store/sqlite.ts'
import { createWorkplace, ending, paperLines, said } from './run-kindred.ts'

const COUNT = 400
const here = createWorkplace()

const Report = z.object({
  ok: z.boolean(),
  findings: z.array(z.object({ check: z.string(), status: z.enum(['ok', 'note', 'fault']) })),
  repaired: z.array(z.string()),
})

const problem = (stderr: string): unknown => JSON.parse(stderr.trim().split('\n').at(-1) ?? '')

beforeAll(async () => {
  expect((await here.run(['ingest', '-'], { stdin: paperLines(COUNT).join('') })).code).toBe(0)
  expect((await here.run(['backup', 'a.tar'])).code).toBe(0)
})

function tamper(sql: string, folder = 'idx'): void {
  const db = new Sqlite(join(here.dir, folder, 'papers.db'))
  db.exec(sql)
  db.close()
}

describe('kindred backup', () => {
  it('says what it wrote, for people and as JSON', async () => {
    const { stdout } = await here.run(['backup', 'people.tar'])
    expect(stdout).toMatch(/^Backed up 400 papers to .*people\.tar \(\d\.\d MB\)\.\n/)
    const { stdout: json, stderr } = await here.run(['backup', 'json.tar', '--json'])
    expect(JSON.parse(json)).toMatchObject({ file: expect.stringMatching(/json\.tar$/), manifest: { papers: COUNT } })
    expect(stderr).toBe('')
  })

  it('keeps a file that is there, unless told to replace it', async () => {
    const before = readFileSync(join(here.dir, 'a.tar'))
    const refused = await here.run(['backup', 'a.tar', '--json'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(problem(refused.stderr)).toMatchObject({ code: 'TARGET_EXISTS' })
    expect(readFileSync(join(here.dir, 'a.tar')).equals(before)).toBe(true)
    expect((await here.run(['backup', 'a.tar', '--force'])).code).toBe(0)
  })

  it('makes no index where there is none', async () => {
    expect((await here.run(['backup', 'none.tar', '--index', 'none'])).code).toBe(5)
    expect(readdirSync(here.dir)).not.toContain('none.tar')
  })

  it('leaves nothing after a signal', async () => {
    const child = here.start(['backup', 'stopped.tar'])
    await said(child.stderr, /backing up/)
    child.kill('SIGINT')
    const { code } = await ending(child)
    const names = readdirSync(here.dir).filter((name) => name.includes('stopped'))
    // It may have been done by then.
    expect(code === 0 ? names : [code, ...names]).toEqual(code === 0 ? ['stopped.tar'] : [130])
  })
})

describe('kindred restore', () => {
  it('puts papers into a new folder, where they are found, with a graph where that was asked for', async () => {
    const { stdout } = await here.run(['restore', 'a.tar', '--index', 'restored', '--graph'])
    expect(stdout).toMatch(/^Restored 400 papers to restored\.\n/)
    expect(readdirSync(join(here.dir, 'restored')).some((name) => name.endsWith('.hnsw'))).toBe(true)
    const { stdout: shown } = await here.run(['show', 'study-17', '--index', 'restored', '--json'])
    expect(JSON.parse(shown)).toMatchObject({ id: 'study-17' })
  })

  it('only checks with --verify', async () => {
    const { code, stdout } = await here.run(['restore', 'a.tar', '--verify', '--index', 'unmade', '--json'])
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, restored: false, manifest: { papers: COUNT } })
    expect(readdirSync(here.dir)).not.toContain('unmade')
  })

  it('refuses a full folder and a bad archive, saying what to do', async () => {
    const full = await here.run(['restore', 'a.tar', '--json'])
    expect(full.code).toBe(2)
    expect(problem(full.stderr)).toMatchObject({ code: 'TARGET_EXISTS', remedy: expect.stringContaining('move away') })
    writeFileSync(join(here.dir, 'bad.tar'), readFileSync(join(here.dir, 'a.tar')).subarray(0, 50_000))
    const bad = await here.run(['restore', 'bad.tar', '--index', 'unmade', '--json'])
    expect(bad.code).toBe(5)
    expect(problem(bad.stderr)).toMatchObject({ code: 'BACKUP_INVALID', remedy: expect.stringContaining('--verify') })
    expect(readdirSync(here.dir)).not.toContain('unmade')
  })
})

describe('kindred doctor', () => {
  it('exits with 0 over a sound index and 7 over one with faults, which --repair mends', async () => {
    await here.run(['restore', 'a.tar', '--index', 'ill', '--graph'])
    const sound = await here.run(['doctor', '--index', 'ill', '--json'])
    expect({ code: sound.code, ...Report.parse(JSON.parse(sound.stdout)) }).toMatchObject({ code: 0, ok: true })
    tamper('DELETE FROM vectors WHERE paper = 5', 'ill')
    const ill = await here.run(['doctor', '--index', 'ill'])
    expect(ill.code).toBe(8)
    expect(ill.stdout).toMatch(/^FAULT {2}missing vectors +1 papers have none.*\n +study-4\n/m)
    const mended = await here.run(['doctor', '--index', 'ill', '--repair', '--json'])
    const { ok, repaired } = Report.parse(JSON.parse(mended.stdout))
    expect({ code: mended.code, ok }).toEqual({ code: 0, ok: true })
    expect(repaired).toContain('embedded 1 paper anew')
  })

  it('meets damaged papers with STORE_CORRUPT, and saves what can be read', async () => {
    await here.run(['restore', 'a.tar', '--index', 'torn'])
    const file = join(here.dir, 'torn/papers.db')
    const bytes = readFileSync(file)
    // Pages that some of the papers stand on; the first ones hold the roots of the tables, without which nothing is found.
    for (let at = bytes.indexOf('{"id":"study-2', 4096 * 40); at >= 0; at = bytes.indexOf('{"id":"study-2', at)) {
      const page = at - (at % 4096)
      bytes.fill(0x5a, page, page + 4096)
    }
    writeFileSync(file, bytes)
    const doctor = await here.run(['doctor', '--index', 'torn', '--json'])
    expect(doctor.code).toBe(8)
    for (const command of [['stats'], ['export'], ['backup', 'torn.tar'], ['doctor', '--repair']]) {
      const { code, stderr } = await here.run([...command, '--index', 'torn', '--json'])
      expect([command, code]).toEqual([command, 5])
      expect(problem(stderr)).toMatchObject({
        code: 'STORE_CORRUPT',
        remedy: expect.stringContaining('kindred doctor'),
      })
    }
    const saved = await here.run(['doctor', '--index', 'torn', '--salvage', 'saved.jsonl', '--json'])
    const { papers } = z.object({ papers: z.int() }).parse(JSON.parse(saved.stdout))
    expect(papers).toBeGreaterThan(0)
    expect(papers).toBeLessThan(COUNT)
    const again = await here.run(['ingest', 'saved.jsonl', '--index', 'rescued', '--json'])
    expect(JSON.parse(again.stdout)).toMatchObject({ added: papers, rejectedTotal: 0 })
    // Ten programs are started, one after the other.
  }, 120_000)

  it('says that there is no index', async () => {
    mkdirSync(join(here.dir, 'bare'))
    expect((await here.run(['doctor', '--index', 'bare'])).code).toBe(5)
  })
})
