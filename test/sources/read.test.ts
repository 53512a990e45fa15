import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readSources } from '../../src/sources/read.ts'
import { tempDir } from '../support/temp-dir.ts'
import { collect, problemsOf, readStdin, summaryOf } from './read-all.ts'

/** A folder with these files; content by relative path. */
function folder(files: Record<string, string | Uint8Array>): string {
  const dir = tempDir()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(dir, path, '..'), { recursive: true })
    writeFileSync(join(dir, path), content)
  }
  return dir
}

const line = (title: string): string => `${JSON.stringify({ title })}\n`
const read = async (...paths: string[]): Promise<string[]> => {
  const items = await collect(readSources(paths))
  return items.map((item, at) => `${item.source}:${summaryOf(items)[at]}`)
}

describe('readSources', () => {
  it('reads files in the order given, each once', async () => {
    const dir = folder({ 'a.jsonl': line('A'), 'b.jsonl': line('B') })
    const [a, b] = [join(dir, 'a.jsonl'), join(dir, 'b.jsonl')]
    expect(await read(b, a, join(dir, '.', 'b.jsonl'))).toEqual(['b.jsonl:1 B', 'a.jsonl:1 A'])
  })

  it('reads a folder with what is below it, sorted, without hidden files', async () => {
    const dir = folder({
      'b.jsonl': line('B'),
      'a/z.jsonl': line('Z'),
      'B.jsonl': line('upper B'),
      '.hidden.jsonl': line('no'),
      '.git/x.jsonl': line('no'),
    })
    expect(await read(dir)).toEqual(['B.jsonl:1 upper B', 'z.jsonl:1 Z', 'b.jsonl:1 B'])
  })

  it('reads a glob, sorted', async () => {
    const dir = folder({ 'b.jsonl': line('B'), 'a.jsonl': line('A'), 'a.txt': 'no' })
    expect(await read(join(dir, '*.jsonl'))).toEqual(['a.jsonl:1 A', 'b.jsonl:1 B'])
    expect(await read(join(dir, '{b,c}.jsonl'))).toEqual(['b.jsonl:1 B'])
  })

  it('reads a file once where links lead to it in several ways', async () => {
    const dir = folder({ 'a/b.jsonl': line('B') })
    symlinkSync(dir, join(dir, 'a', 'round'))
    symlinkSync(join(dir, 'a', 'b.jsonl'), join(dir, 'c.jsonl'))
    expect(await read(dir)).toEqual(['b.jsonl:1 B'])
  })

  it('reads a file whose name looks like a glob', async () => {
    const dir = folder({ 'a[1].jsonl': line('A') })
    expect(await read(join(dir, 'a[1].jsonl'))).toEqual(['a[1].jsonl:1 A'])
  })

  it('tells the format by content, whatever the file is called', async () => {
    const dir = folder({ 'a.csv': line('A'), 'b.json': 'title,year\nB,2020\n', c: '[{"title":"C"}]' })
    expect(await read(dir)).toEqual(['a.csv:1 A', 'b.json:2 B', 'c:1 C'])
  })

  it('reports unknown files of a folder and reads the others', async () => {
    const dir = folder({
      'a.md': '# Notes\n',
      'b.jsonl': line('B'),
      'c.png': Buffer.from('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'),
    })
    expect(await read(dir)).toEqual(['a.md:1 SOURCE_UNKNOWN', 'b.jsonl:1 B', 'c.png:1 SOURCE_UNKNOWN'])
  })

  it('says which paths match nothing, without the folder they were looked for in', async () => {
    const dir = folder({ 'empty/.keep': '' })
    const paths = ['nope.jsonl', '*.nope', 'empty'].map((name) => join(dir, name))
    const items = await collect(readSources(paths))
    expect(items.map(({ source }) => source)).toEqual(['nope.jsonl', '*.nope', 'empty'])
    for (const item of items) {
      expect(item).toMatchObject({ error: { code: 'SOURCE_NOT_FOUND', message: expect.not.stringContaining(dir) } })
    }
  })

  it.skipIf(process.getuid?.() === 0)(
    'says when a file may not be read (skipped for root, who may read all)',
    async () => {
      const dir = folder({ 'a.jsonl': line('A') })
      chmodSync(join(dir, 'a.jsonl'), 0)
      expect(await read(dir)).toEqual(['a.jsonl:1 SOURCE_UNREADABLE'])
    },
  )

  it('reads stdin as `-`', async () => {
    const items = await collect(readSources(['-'], { stdin: Readable.from([Buffer.from(line('A'))]) }))
    expect(items).toEqual([{ source: 'stdin', line: 1, record: { title: 'A' } }])
  })

  it('stops waiting for stdin when the signal aborts', async () => {
    const controller = new AbortController()
    const stdin = new Readable({ read: () => controller.abort() })
    const reading = collect(readSources(['-'], { stdin, signal: controller.signal }))
    await expect(reading).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(stdin.destroyed).toBe(true)
  })

  it('stops between two records that came together', async () => {
    const controller = new AbortController()
    const stdin = Readable.from([line('A') + line('B')])
    const titles: string[] = []
    const reading = async (): Promise<void> => {
      for await (const item of readSources(['-'], { stdin, signal: controller.signal })) {
        titles.push(...summaryOf([item]))
        controller.abort()
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(titles).toEqual(['1 A'])
  })

  it('reads nothing when the signal has aborted before', async () => {
    const dir = folder({ 'a.jsonl': line('A') })
    const reading = collect(readSources([dir], { signal: AbortSignal.abort() }))
    await expect(reading).rejects.toMatchObject({ code: 'INTERRUPTED' })
  })

  it('closes stdin when the consumer stops', async () => {
    function* endless(): Generator<string> {
      while (true) yield line('A')
    }
    const stdin = Readable.from(endless())
    for await (const _item of readSources(['-'], { stdin })) break
    expect(stdin.destroyed).toBe(true)
  })
})

describe('gzipped sources', () => {
  const many = Array.from({ length: 2_000 }, (_, at) => line(`Paper ${at} ${(at * 7919) % 1009}`)).join('')

  it('are known by their content, and named without .gz', async () => {
    const dir = folder({ 'a.jsonl.gz': gzipSync(line('A')), b: gzipSync(line('B')), 'c.gz': line('C') })
    expect(await read(dir)).toEqual(['a.jsonl:1 A', 'b:1 B', 'c:1 C'])
  })

  it('may be of several members', async () => {
    const bytes = Buffer.concat([gzipSync(line('A')), gzipSync(line('B'))])
    expect(summaryOf(await readStdin(bytes))).toEqual(['1 A', '2 B'])
  })

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, -200)],
    ['damaged', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -200), Buffer.alloc(200, 0xff)])],
  ])('give the records before the place where they are %s', async (_name, harm) => {
    const items = await readStdin(harm(gzipSync(many)))
    expect(items.length).toBeGreaterThan(1_500)
    // Damaged data may unpack to nonsense for a while before it is noticed.
    expect(problemsOf(items).at(-1)).toMatch(/SOURCE_UNREADABLE$/)
  })

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, -12)],
    ['damaged', (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -8), Buffer.alloc(8, 0xff)])],
  ])('give the records before it in a small file that is %s too', async (_name, harm) => {
    const text = ['Anna', 'Berta', 'Clara', 'Dora'].map((name) => line(`${name} sings alone`)).join('')
    // Stored without compression, so that the bytes are the same with every zlib.
    const items = await readStdin(harm(gzipSync(text, { level: 0 })))
    expect(summaryOf(items)).toEqual([
      '1 Anna sings alone',
      '2 Berta sings alone',
      '3 Clara sings alone',
      '3 SOURCE_UNREADABLE',
    ])
  })

  it('do not pass a half entry of a listing page for a whole one', async () => {
    const abstract = (name: string): string =>
      `${name} sings. We listen to it for a long time, and write down every word of it.`
    const page = [
      'byAK and the research community',
      'Frog Song',
      abstract('A frog'),
      'Toad Song',
      abstract('A toad'),
    ].join('\n\n')
    expect(summaryOf(await readStdin(gzipSync(page).subarray(0, -12)))).toEqual(['3 Frog Song', '3 SOURCE_UNREADABLE'])
  })

  it('that cannot be unpacked at all are unreadable', async () => {
    expect(problemsOf(await readStdin(Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6])))).toEqual(['1 SOURCE_UNREADABLE'])
  })
})

describe('bad input', () => {
  it.each<[string, string | Uint8Array, string[]]>([
    ['an empty file', '', ['1 SOURCE_EMPTY']],
    ['white space', ' \n\t\r\n', ['1 SOURCE_EMPTY']],
    ['an array without papers', '[]', ['1 SOURCE_EMPTY']],
    ['a header without rows', 'title,year\n', ['1 SOURCE_EMPTY']],
    [
      'bytes of a program',
      Buffer.from(Array.from({ length: 4_000 }, (_, at) => (at * at * 31) % 255)),
      ['1 SOURCE_UNKNOWN'],
    ],
    ['control characters', Buffer.from(Array.from({ length: 4_000 }, (_, at) => 1 + (at % 31))), ['1 SOURCE_UNKNOWN']],
    [
      'an HTML page',
      '<!DOCTYPE html>\n<html>\nDaily Papers\nbyAK and the research community\n</html>',
      ['1 SOURCE_UNKNOWN'],
    ],
    ['other XML', '<?xml version="1.0"?><rss></rss>', ['1 SOURCE_UNKNOWN']],
    ['one JSON object on several lines', '{\n  "title": "A"\n}\n', ['1 SOURCE_UNKNOWN']],
    ['a broken JSON line', '{"title":"A"}\n{"title":"B"\n{"title":"C"}\n', ['2 RECORD_BROKEN']],
    ['a line of 5 MB', `{"title":"A"}\n{"title":"${'x'.repeat(5_000_000)}"}\n`, ['2 RECORD_TOO_LARGE']],
    ['bytes that are not UTF-8', Buffer.from('{"title":"A"}\n{"title":"Caf\xe9"}\n', 'latin1'), ['2 RECORD_BROKEN']],
    ['half a surrogate pair', '{"title":"A"}\n{"title":"\\ud83c"}\n', ['2 RECORD_BROKEN']],
  ])('%s is a problem with its line', async (_name, content, expected) => {
    expect(problemsOf(await readStdin(content))).toEqual(expected)
  })

  it.each([
    ['<html><body>', 'HTML'],
    ['%PDF-1.7\n', 'PDF'],
    ['\0\0\0', 'binary'],
    ['{\n"papers": [\n', 'JSONL'],
  ])('%j is told what it looks like', async (content, word) => {
    expect(await readStdin(content)).toMatchObject([{ error: { message: expect.stringContaining(word) } }])
  })

  it('a replacement character that the file really holds is kept', async () => {
    expect(summaryOf(await readStdin('{"title":"a \ufffd b"}'))).toEqual(['1 a \ufffd b'])
  })

  it('UTF-16 with a BOM is read', async () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('{"title":"Köln 🌱"}\n', 'utf16le')])
    expect(summaryOf(await readStdin([...bytes].map((byte) => Buffer.from([byte]))))).toEqual(['1 Köln 🌱'])
  })
})

describe('progress in bytes', () => {
  it('ends at the size of all files together', async () => {
    const files = { 'a.jsonl': line('One'), 'b.jsonl': line('Two') + line('Three') }
    const seen: (number | null)[][] = []
    await collect(readSources([folder(files)], { onBytes: (done, total) => seen.push([done, total]) }))
    const size = Object.values(files).join('').length
    expect(seen.at(-1)).toEqual([size, size])
  })

  it('knows no total where stdin is read', async () => {
    const totals: (number | null)[] = []
    await collect(
      readSources(['-'], { stdin: Readable.from([line('One')]), onBytes: (_, total) => totals.push(total) }),
    )
    expect(totals).toEqual([null])
  })
})
