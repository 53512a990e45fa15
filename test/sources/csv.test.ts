import { describe, expect, it } from 'vitest'
import type { SourceItem } from '../../src/domain/ports.ts'
import { csv } from '../../src/sources/csv.ts'
import { paperSourceContract } from '../contract/paper-source.ts'
import { readStdin, recordsOf, summaryOf } from './read-all.ts'

paperSourceContract({
  format: csv,
  text: `title,abstract,authors,year
Moss grows 🌱,"On walls, of ""stone""",Å. 李; B. Doe,2020
too,few
"Köln
≤ 3","Two
lines",A,2021
`,
  expected: ['2 Moss grows 🌱', '3 RECORD_BROKEN', '4 Köln\n≤ 3'],
  streams: true,
})

describe('CSV', () => {
  it.each([',', ';', '\t'])('reads fields that are separated by %j', async (delimiter) => {
    const row = (...cells: string[]): string => cells.join(delimiter)
    const text = [row('id', 'Title', 'Abstract Note'), row('7', '"a, b; c\td"', '5" disk')].join('\n')
    expect(recordsOf(await readStdin(text))).toEqual([{ id: '7', title: 'a, b; c\td', abstract: '5" disk' }])
  })

  it('turns numbers, lists and embeddings into what a record holds', async () => {
    const header = 'title,year,authorCount,commentCount,categories,authors,embedding,embeddingModel,extra'
    const row = 'A,2020.0,3,0,cs.LG stat.ML,"X Y, Z and W","[0.5,-1]",m,dropped'
    expect(recordsOf(await readStdin(`${header}\n${row}\n`))).toEqual([
      {
        title: 'A',
        year: 2020,
        authorCount: 3,
        commentCount: 0,
        categories: ['cs.LG', 'stat.ML'],
        authors: ['X Y', 'Z', 'W'],
        embedding: [0.5, -1],
        embeddingModel: 'm',
      },
    ])
  })

  it('leaves empty cells and blank rows out', async () => {
    expect(recordsOf(await readStdin('title,doi,year\nA,,\n\n  \nB,,2020,\n'))).toEqual([
      { title: 'A' },
      { title: 'B', year: 2020 },
    ])
  })

  it('gives up the one line whose quote is not closed', async () => {
    const text = 'title,abstract\nA,a\n"B,b\n"C","c"\nD,"d\nd"\n"E,e\nF,f'
    expect(summaryOf(await readStdin(text))).toEqual(['2 A', '3 RECORD_BROKEN', '4 C', '5 D', '7 RECORD_BROKEN', '8 F'])
  })

  it('gives up an unclosed quote once its field is longer than a record can be', async () => {
    const row = `G,${'g'.repeat(100_000)}\n`
    let given = 0
    async function* rows(): AsyncGenerator<string> {
      yield 'title,abstract\n"A,a\n'
      for (; given < 100; given++) yield row
    }
    const items: SourceItem[] = []
    for await (const item of csv.parse({ source: 'rows', text: rows() })) {
      items.push(item)
      if (items.length === 1) expect(given).toBeLessThan(25)
    }
    expect(summaryOf(items).slice(0, 2)).toEqual(['2 RECORD_BROKEN', '3 G'])
    expect(recordsOf(items)).toHaveLength(100)
  })

  it('lets spaces stand around quotes', async () => {
    expect(recordsOf(await readStdin('title, abstract\nA , "b, c" \n'))).toEqual([{ title: 'A', abstract: 'b, c' }])
  })

  it('passes over a row that is longer than a record can be', async () => {
    const text = `title,abstract\nA,a\nB,${'b'.repeat(5_000_000)}\nC,c\n`
    expect(summaryOf(await readStdin(text))).toEqual(['2 A', '3 RECORD_TOO_LARGE', '4 C'])
  })

  it('is not every text with commas', () => {
    expect(csv.detect('name,size\nx,1\n')).toBe(false)
    expect(csv.detect('A title, and more\n')).toBe(false)
  })
})
