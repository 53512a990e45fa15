import { describe, expect, it } from 'vitest'
import { jsonArray } from '../../src/sources/json-array.ts'
import { paperSourceContract } from '../contract/paper-source.ts'
import { readStdin, recordsOf, summaryOf } from './read-all.ts'

paperSourceContract({
  format: jsonArray,
  text: `[
  {
    "title": "Moss grows 🌱",
    "authors": [{ "name": "Å. 李" }, { "name": "B" }]
  },
  { "title": NaN },
  { "title": "a \\"quoted\\" }, { \\\\" },
  { "title": "Köln ≤ 3" }
]
`,
  expected: ['2 Moss grows 🌱', '6 RECORD_BROKEN', '7 a "quoted" }, { \\', '8 Köln ≤ 3'],
  streams: true,
})

describe('a JSON array', () => {
  it('may stand on one line, and may be nested at no indentation', async () => {
    const records = [
      { title: 'A', authors: ['x', 'y'] },
      { title: 'B', organization: { handle: 'h', name: 'n' } },
    ]
    expect(recordsOf(await readStdin(JSON.stringify(records)))).toEqual(records)
    const flat = JSON.stringify(records, null, 1).replace(/^ +/gm, '')
    expect(recordsOf(await readStdin(flat))).toEqual(records)
  })

  it.each([
    ['a missing brace', '{"title":"B",', 'an object in it is not closed'],
    ['a missing quote', '{"title":"B},', 'a string in it is not closed'],
    ['a missing bracket', '{"title":"B","authors":["x"},', 'its brackets do not match'],
    ['a missing quote at a key', '{"title:"B"},', 'a string in it is not closed'],
  ])('goes on after an element with %s', async (_name, element, reason) => {
    const items = await readStdin(`[{"title":"A"},\n${element}\n{"title":"C"},\n{"title":"D"}]`)
    expect(summaryOf(items)).toEqual(['1 A', '2 RECORD_BROKEN', '3 C', '4 D'])
    expect(items[1]).toMatchObject({ error: { message: expect.stringContaining(reason) } })
  })

  it('goes on after a missing brace on one line', async () => {
    expect(summaryOf(await readStdin('[{"title":"A"},{"title":"B",{"title":"C"},{"title":"D"}]'))).toEqual([
      '1 A',
      '1 RECORD_BROKEN',
      '1 C',
      '1 D',
    ])
  })

  it('says that elements other than objects are no papers', async () => {
    const items = await readStdin('[{"title":"A"}, 7,\n"x, ]", null,\n[1, 2], {"title":"B"}]')
    expect(summaryOf(items)).toEqual([
      '1 A',
      '1 RECORD_INVALID',
      '2 RECORD_INVALID',
      '2 RECORD_INVALID',
      '3 RECORD_INVALID',
      '3 B',
    ])
  })

  it.each([
    ['within an element', '[{"title":"A"},\n{"title":"B"', ['1 A', '2 RECORD_BROKEN']],
    ['between elements', '[{"title":"A"},\n', ['1 A', '2 RECORD_BROKEN']],
  ])('says when it is cut off %s', async (_name, text, expected) => {
    expect(summaryOf(await readStdin(text))).toEqual(expected)
  })

  it('says when something follows it', async () => {
    expect(summaryOf(await readStdin('[{"title":"A"}]\nrest of it'))).toEqual(['1 A', '2 RECORD_BROKEN'])
  })

  it('passes over an element that is longer than a record can be', async () => {
    const long = `{"title":"B","abstract":"${'x'.repeat(5_000_000)}"}`
    expect(summaryOf(await readStdin(`[{"title":"A"},${long},{"title":"C"}]`))).toEqual([
      '1 A',
      '1 RECORD_TOO_LARGE',
      '1 C',
    ])
  })
})
