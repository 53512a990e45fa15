import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { jsonl } from '../../src/sources/jsonl.ts'
import { readSources } from '../../src/sources/read.ts'
import { paperSourceContract } from '../contract/paper-source.ts'
import { problemsOf, readStdin, recordsOf, summaryOf } from './read-all.ts'

paperSourceContract({
  format: jsonl,
  text: `{"title":"Moss grows 🌱","abstract":"On ≤ 3 walls, naïvely."}
{"title":"Broken, "abstract":1}

{"title":"Köln","authors":["Å. 李"]}
`,
  expected: ['1 Moss grows 🌱', '2 RECORD_BROKEN', '4 Köln'],
  streams: true,
})

describe('JSONL', () => {
  it('refuses NaN, which is no JSON', async () => {
    const items = await readStdin('{"title":"A","embedding":[0.5,NaN]}\n{"title":"B"}\n')
    expect(summaryOf(items)).toEqual(['1 RECORD_BROKEN', '2 B'])
  })

  it('says which lines are JSON but no object', async () => {
    expect(problemsOf(await readStdin('{"title":"A"}\n[1]\nnull\n"x"\n7\n'))).toEqual([
      '2 RECORD_INVALID',
      '3 RECORD_INVALID',
      '4 RECORD_INVALID',
      '5 RECORD_INVALID',
    ])
  })

  it('passes over a line that is longer than a record can be', async () => {
    const long = JSON.stringify({ title: 'Long', abstract: 'x'.repeat(5_000_000) })
    expect(summaryOf(await readStdin(`{"title":"A"}\n${long}\n{"title":"B"}\n`))).toEqual([
      '1 A',
      '2 RECORD_TOO_LARGE',
      '3 B',
    ])
  })

  it('reads on after a first line that is broken', async () => {
    expect(summaryOf(await readStdin('not json\n{"title":"B"}\n'))).toEqual(['1 RECORD_BROKEN', '2 B'])
  })

  it('leaves numbers of an embedding untouched', async () => {
    const embedding = [0.1, -1e-7, 3]
    const [record] = recordsOf(await readStdin(JSON.stringify({ title: 'A', embedding, embeddingModel: 'm' })))
    expect(record).toEqual({ title: 'A', embedding, embeddingModel: 'm' })
  })

  it('holds only a little of 60 MB in memory', { timeout: 20_000 }, async () => {
    const line = `${JSON.stringify({ title: 'One of many', abstract: 'Sand is counted grain by grain. '.repeat(40) })}\n`
    const lines = Math.ceil(60_000_000 / line.length)
    function* generate(): Generator<string> {
      for (let made = 0; made < lines; made++) yield line
    }
    let count = 0
    let peak = 0
    const before = process.memoryUsage().heapUsed
    for await (const item of readSources(['-'], { stdin: Readable.from(generate()) })) {
      if ('record' in item) count += 1
      if (count % 1_000 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed - before)
    }
    expect(count).toBe(lines)
    expect(peak).toBeLessThan(150_000_000)
  })
})
