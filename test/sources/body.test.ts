import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { SourceItem } from '../../src/domain/ports.ts'
import { readBody } from '../../src/sources/read.ts'
import { collect, recordsOf, summaryOf } from './read-all.ts'

const read = (body: string, kind: 'json' | 'ndjson'): Promise<SourceItem[]> =>
  collect(readBody(Readable.from([Buffer.from(body)]), kind, 'api'))

describe('readBody', () => {
  it('keeps fields as they are, so that the schema can refuse unknown ones', async () => {
    const record = { title: 'A', summary: 'not renamed', authors: 'not split', doi: '', foo: 1 }
    expect(recordsOf(await read(JSON.stringify([record]), 'json'))).toEqual([record])
    expect(recordsOf(await read(JSON.stringify(record), 'ndjson'))).toEqual([record])
  })

  it('numbers lines and names the source', async () => {
    expect(await read('[\n{"title":"A"}]', 'json')).toEqual([{ source: 'api', line: 2, record: { title: 'A' } }])
  })

  it('goes on after a broken record', async () => {
    expect(summaryOf(await read('{"title":"A"}\n{"title"\n{"title":"C"}', 'ndjson'))).toEqual([
      '1 A',
      '2 RECORD_BROKEN',
      '3 C',
    ])
    expect(summaryOf(await read('[{"title":"A"},{"title":NaN},{"title":"C"}]', 'json'))).toEqual([
      '1 A',
      '1 RECORD_BROKEN',
      '1 C',
    ])
  })

  it('yields nothing for no records', async () => {
    expect(await read('', 'ndjson')).toEqual([])
    expect(await read(' [ ] ', 'json')).toEqual([])
  })

  it.each(['', '{"title":"A"}', 'title=A', '"x"'])(
    'throws INVALID_REQUEST where a JSON body is no array: %j',
    async (body) => {
      await expect(read(body, 'json')).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    },
  )
})
