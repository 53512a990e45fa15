import { describe, expect, it } from 'vitest'
import { readStdin, recordsOf } from './read-all.ts'

const fromFile = async (record: object): Promise<unknown> =>
  recordsOf(await readStdin(`${JSON.stringify(record)}\n`))[0]

describe('a JSON object of a file', () => {
  it('keeps every field that Kindred has, as it is', async () => {
    const record = {
      id: 'frogs',
      title: 'Frogs',
      abstract: 'They sing.',
      authors: ['A', 'B, C'],
      authorCount: 3,
      organization: { handle: 'pond', name: 'Pond' },
      publishedAt: '2020-02-30',
      dateInferred: true,
      year: 2020,
      commentCount: 0,
      venue: 'Ponds',
      categories: ['cs.LG'],
      arxivId: '2001.01234',
      doi: '10.1000/x',
      url: 'https://pond.example',
      sources: ['a', 'b'],
      addedAt: '2020-01-01T00:00:00Z',
      updatedAt: '2020-01-01T00:00:00Z',
      embedding: [1, 2],
      embeddingModel: 'm',
    }
    expect(await fromFile(record)).toEqual(record)
  })

  it('loses unknown, empty and null fields', async () => {
    expect(await fromFile({ title: 'A', pages: 9, doi: '', venue: null, updated: 'x', __proto__: 1 })).toEqual({
      title: 'A',
    })
  })

  it.each<[string, object, object]>([
    ['BEIR', { _id: '7', title: 'T', text: 'A.', metadata: {} }, { id: '7', title: 'T', abstract: 'A.' }],
    ['SciFact', { doc_id: 7, title: 'T', abstract: ['A.', 'B.'] }, { id: '7', title: 'T', abstract: 'A. B.' }],
    [
      "arXiv's Kaggle dump",
      {
        id: '0704.0001',
        title: 'T',
        authors: 'A. B, C D and E',
        categories: 'hep-ph cs.LG',
        'journal-ref': 'J',
        update_date: '2008-11-26',
      },
      {
        id: '0704.0001',
        arxivId: '0704.0001',
        title: 'T',
        authors: ['A. B', 'C D', 'E'],
        categories: ['hep-ph', 'cs.LG'],
        venue: 'J',
        publishedAt: '2008-11-26',
      },
    ],
    [
      'Semantic Scholar',
      {
        paperId: 'p',
        title: 'T',
        externalIds: { ArXiv: '1706.03762', DOI: '10.1/x' },
        authors: [{ authorId: '1', name: 'Z' }],
      },
      { id: 'p', title: 'T', arxivId: '1706.03762', doi: '10.1/x', authors: ['Z'] },
    ],
    [
      'a date with its time',
      { title: 'T', published: '2020-01-02T03:04:05Z' },
      { title: 'T', publishedAt: '2020-01-02' },
    ],
    ['a date that is a year', { title: 'T', date: '2020' }, { title: 'T', year: 2020 }],
    ['a date that is none', { title: 'T', date: 'summer' }, { title: 'T' }],
    [
      'an address of arXiv',
      { title: 'T', arXivId: 'https://arxiv.org/abs/1706.03762v5' },
      { title: 'T', arxivId: '1706.03762v5' },
    ],
    ['names in parts', { title: 'T', author: [{ given: 'Ana', family: 'Roe' }] }, { title: 'T', authors: ['Ana Roe'] }],
    [
      'names with the family first',
      { title: 'T', authors: 'Roe, Ana; Doe, J.' },
      { title: 'T', authors: ['Ana Roe', 'J. Doe'] },
    ],
    [
      'names joined by and',
      { title: 'T', authors: 'Roe, Ana and Doe, J.' },
      { title: 'T', authors: ['Ana Roe', 'J. Doe'] },
    ],
    [
      'subjects of several words',
      { title: 'T', categories: 'Machine Learning; Ponds' },
      { title: 'T', categories: ['Machine Learning', 'Ponds'] },
    ],
    [
      'its own name before a foreign one',
      { summary: 'no', title: 'T', abstract: 'yes', text: 'no' },
      { title: 'T', abstract: 'yes' },
    ],
  ])('understands %s', async (_name, given, expected) => {
    expect(await fromFile(given)).toEqual(expected)
  })

  it('leaves a wrong value under our own name for the schema to refuse', async () => {
    expect(await fromFile({ title: 'T', year: 'n.d.', publishedAt: 'summer', authors: 7 })).toEqual({
      title: 'T',
      year: 'n.d.',
      publishedAt: 'summer',
      authors: 7,
    })
  })
})
