import { describe, expect, it } from 'vitest'
import { mergeRecord } from '../../src/domain/merge.ts'
import { type Paper, PaperRecord } from '../../src/domain/paper.ts'
import { paper } from '../support/changes.ts'

const record = (fields: object) => PaperRecord.parse({ title: 'T', ...fields })
const reading = { source: 'b.csv', now: '2024-05-06T07:08:09.000Z' }
const merge = (fields: object, known: Partial<Paper> | null) =>
  mergeRecord(record(fields), known && paper('T', known), reading)

describe('mergeRecord', () => {
  it('makes a whole paper of a bare title', () => {
    expect(merge({}, null)).toEqual(paper('T', { sources: ['b.csv'], addedAt: reading.now, updatedAt: reading.now }))
  })

  it('lets what the record says win and what it leaves out stay', () => {
    const known = { abstract: 'Old.', venue: 'Old Venue', authors: ['Ada'], authorCount: 1, categories: ['x'] }
    const merged = merge({ abstract: 'New.', authors: [], venue: null, commentCount: 0 }, known)
    expect(merged).toMatchObject({ ...known, abstract: 'New.', commentCount: 0 })
  })

  it('keeps id and day of addition, and gathers sources once each', () => {
    const merged = merge({ id: 'other' }, { id: 'first', sources: ['a.jsonl', 'b.csv'] })
    expect(merged).toMatchObject({ id: 'first', addedAt: '2024-01-01T00:00:00.000Z', updatedAt: reading.now })
    expect(merged.sources).toEqual(['a.jsonl', 'b.csv'])
  })

  it.each([
    { fact: 'read beats inferred', said: ['2020-01-02', false], known: ['2021-03-04', true], kept: '2020-01-02' },
    { fact: 'inferred yields to read', said: ['2021-03-04', true], known: ['2020-01-02', false], kept: '2020-01-02' },
    { fact: 'read is replaced by read', said: ['2022-05-06', false], known: ['2020-01-02', false], kept: '2022-05-06' },
    { fact: 'no date keeps the known one', said: [null, false], known: ['2020-01-02', false], kept: '2020-01-02' },
  ] as const)('dates: $fact', ({ said, known, kept }) => {
    const dated = ([publishedAt, dateInferred]: readonly [string | null, boolean]) => ({ publishedAt, dateInferred })
    const merged = merge(dated(said), dated(known))
    expect(merged).toMatchObject({ publishedAt: kept, dateInferred: false, year: Number(kept.slice(0, 4)) })
  })

  it('marks a date that is only inferred', () => {
    expect(merge({ publishedAt: '2021-03-04', dateInferred: true }, null).dateInferred).toBe(true)
    expect(merge({ dateInferred: true }, null).dateInferred).toBe(false)
  })

  it('reads the year of an arXiv id where no other is given', () => {
    expect(merge({ arxivId: '1706.03762' }, null).year).toBe(2017)
    expect(merge({ arxivId: '1706.03762', year: 2018 }, null).year).toBe(2018)
    expect(merge({ arxivId: 'cs/0112017' }, null).year).toBeNull()
  })

  it('links to arXiv first, then to the DOI, and never over a link that is given', () => {
    const ids = { arxivId: '1706.03762', doi: '10.1000/x' }
    expect(merge(ids, null).url).toBe('https://arxiv.org/abs/1706.03762')
    expect(merge({ doi: ids.doi }, null).url).toBe('https://doi.org/10.1000/x')
    expect(merge({ ...ids, url: 'https://example.org/x' }, null).url).toBe('https://example.org/x')
    expect(merge(ids, { url: 'https://example.org/y' }).url).toBe('https://example.org/y')
  })
})
