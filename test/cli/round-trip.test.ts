import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { Paper, PaperRecord } from '../../src/domain/paper.ts'
import { IngestResult, List, PaperPage } from '../../src/domain/query.ts'
import { createWorkplace, paperLines } from './run-kindred.ts'

const here = createWorkplace()
const COUNT = 150

const record = (at: number): PaperRecord => PaperRecord.parse(JSON.parse(paperLines(at + 1)[at] ?? ''))

async function json(args: readonly string[], stdin?: string): Promise<unknown> {
  const { code, stdout, stderr } = await here.run([...args, '--json'], stdin === undefined ? {} : { stdin })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout)
}

beforeAll(async () => {
  writeFileSync(join(here.dir, 'papers.jsonl'), paperLines(COUNT).join(''))
  const { code, stdout } = await here.run(['ingest', 'papers.jsonl'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^ +150 {2}papers\.jsonl\n150 added, 0 updated, 0 unchanged, 0 rejected; 150 embedded in /)
})

describe('from files to answers', () => {
  it('embeds nothing of unchanged files', async () => {
    const result = await json(['ingest', 'papers.jsonl'])
    expect(IngestResult.parse(result)).toEqual({ added: 0, updated: 0, unchanged: COUNT, embedded: 0, rejected: [] })
    expect(result).toMatchObject({ rejectedTotal: 0, sources: { 'papers.jsonl': COUNT } })
  })

  it.each(['hybrid', 'dense', 'lexical'])(
    "finds a paper by its words in %s mode, with the API's List as JSON",
    async (mode) => {
      const list = List.parse(await json(['search', 'Study 7 of speech', '--mode', mode, '--limit', '3', '--explain']))
      expect(list.data.map(({ rank }) => rank)).toEqual([1, 2, 3])
      expect(list.data[0]?.explain).toBeDefined()
    },
  )

  it('takes a question in quotes or without, and pages through its hits', async () => {
    const [quoted, plain] = [
      await json(['search', 'sparse kernel']),
      await json(['search', 'sparse', 'kernel', '--offset', '2']),
    ]
    const ids = (list: unknown) => List.parse(list).data.map(({ id }) => id)
    expect(ids(plain).slice(0, 8)).toEqual(ids(quoted).slice(2))
  })

  it('finds neighbours by id, by title and by text, never the paper itself', async () => {
    const { title, abstract } = record(3)
    const { data } = List.parse(await json(['similar', 'study-3']))
    expect(data.map(({ id }) => id)).not.toContain('study-3')
    expect(List.parse(await json(['similar', ...title.toUpperCase().split(' ')])).data).toEqual(data)
    const text = `${title}. ${abstract}`
    const like = List.parse(await json(['similar', '--text', '-'], text))
    expect(like.data[0]?.id).toBe('study-3')
    expect(List.parse(await json(['similar', '--text', text])).data).toEqual(like.data)
    const fused = List.parse(await json(['similar', 'study-3', '--mode', 'hybrid', '--explain'])).data
    expect(fused.every(({ explain }) => explain?.fusion !== null)).toBe(true)
  })

  it('compares with every vector where exact is asked for', async () => {
    expect(List.parse(await json(['similar', 'study-3', '--exact', '--ef', '200'])).index.plan).toBe('exact')
  })

  it('shows a paper, for people and as JSON', async () => {
    expect(Paper.parse(await json(['show', 'study-5'])).title).toBe(record(5).title)
    const { stdout } = await here.run(['show', 'study-5'])
    expect(stdout).toContain('Id       study-5\n')
  })

  it('lists papers page by page', async () => {
    const first = PaperPage.parse(await json(['list', '--sort', 'title', '--limit', '100']))
    const second = PaperPage.parse(
      await json(['list', '--sort', 'title', '--limit', '100', '--cursor', first.nextCursor ?? '']),
    )
    expect(new Set([...first.data, ...second.data].map(({ id }) => id)).size).toBe(COUNT)
    expect(second.nextCursor).toBeNull()
  })

  it('says what is in the index', async () => {
    expect(await json(['stats'])).toMatchObject({
      papers: COUNT,
      sources: [{ source: 'papers.jsonl', papers: COUNT }],
      model: { id: 'hash' },
      index: { vectors: COUNT, degraded: [] },
    })
  })

  it('verifies and rebuilds the index', async () => {
    expect(await json(['index', 'verify'])).toMatchObject({ ok: true, problems: [], vectors: COUNT })
    expect(await json(['index', 'rebuild'])).toEqual({ embedded: 0, vectors: COUNT })
  })

  it('names the origin of each setting', async () => {
    const { settings } = (await json(['config', '--port', '1'])) as { settings: unknown[] }
    expect(settings).toContainEqual({ key: 'port', value: 1, origin: 'flag --port' })
    expect(settings).toContainEqual({ key: 'model', value: 'hash', origin: 'env KINDRED_MODEL' })
  })
})

describe('an export', () => {
  const elsewhere = createWorkplace()

  it('goes to standard output, to a file, or compressed, always the same', async () => {
    const { stdout } = await here.run(['export'])
    expect(await json(['export', 'all.jsonl'])).toEqual({ papers: COUNT, file: 'all.jsonl' })
    await json(['export', 'all.jsonl.gz'])
    expect(readFileSync(join(here.dir, 'all.jsonl'), 'utf8')).toBe(stdout)
    expect(gunzipSync(readFileSync(join(here.dir, 'all.jsonl.gz'))).toString()).toBe(stdout)
    expect(readdirSync(here.dir).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('is taken back without embedding anything, and comes out the same', async () => {
    const { stdout } = await here.run(['export'])
    const { stdout: result } = await elsewhere.run(['ingest', '-', '--json'], { stdin: stdout })
    expect(JSON.parse(result)).toMatchObject({ added: COUNT, embedded: 0, rejected: [] })
    expect((await elsewhere.run(['export'])).stdout).toBe(stdout)
  })

  it('ends quietly when its reader has enough', async () => {
    const child = here.start(['export'])
    const errors: unknown[] = []
    child.stderr?.on('data', (chunk) => errors.push(chunk))
    child.stdout?.once('data', () => child.stdout?.destroy())
    const code = await new Promise((resolve) => void child.once('close', resolve))
    expect({ code, errors }).toEqual({ code: 0, errors: [] })
  })
})

describe('removing papers', () => {
  it('removes all that were named, or none where one is unknown', async () => {
    const refused = await here.run(['remove', 'study-1', 'nobody'])
    expect(refused).toMatchObject({ code: 4, stdout: '' })
    expect(refused.stderr).toContain('"nobody"')
    expect(await json(['remove', 'study-1', 'study-2'])).toEqual({ removed: ['study-1', 'study-2'] })
    expect(await json(['stats'])).toMatchObject({ papers: COUNT - 2, index: { vectors: COUNT - 2 } })
    expect((await here.run(['show', 'study-1'])).code).toBe(4)
  })
})

describe('a folder without an index', () => {
  it('is not touched by commands that only read', async () => {
    const empty = createWorkplace()
    for (const args of [['search', 'x'], ['stats'], ['export', 'x.jsonl'], ['show', 'x'], ['index', 'verify']]) {
      const { code, stdout, stderr } = await empty.run(args)
      expect({ code, stdout }).toEqual({ code: 5, stdout: '' })
      expect(stderr).toContain('kindred ingest')
    }
    expect(existsSync(join(empty.dir, 'idx'))).toBe(false)
  })
})
