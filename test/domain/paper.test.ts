import { describe, expect, it } from 'vitest'
import { PaperRecord } from '../../src/domain/paper.ts'

const parse = (fields: object) => PaperRecord.safeParse({ title: 'T', ...fields })
const paths = (fields: object) => parse(fields).error?.issues.map(({ path }) => path.join('.'))

describe('PaperRecord', () => {
  it.each([
    ['publishedAt', '2023-02-29'],
    ['publishedAt', '2023-2-9'],
    ['arxivId', '1706.3'],
    ['doi', '11.1000/x'],
    ['url', 'javascript:alert(1)'],
    ['id', 'a\u0000b'],
    ['title', '  '],
    ['authors', ['']],
    ['embedding', [Number.NaN]],
    ['embedding', [null]],
    ['embedding', []],
    ['year', 20240],
  ])('refuses %s %j and names the field', (field, value) => {
    expect(paths({ [field]: value })?.[0]).toMatch(new RegExp(`^${field}`))
  })

  it('refuses fields it does not know', () => {
    expect(parse({ tittle: 'x' }).success).toBe(false)
  })

  it('takes null and absent fields for not known', () => {
    const nothing = { abstract: null, authors: null, doi: null, embedding: null, organization: null }
    expect(parse(nothing).success).toBe(true)
  })

  it('takes leap days and ids of every age', () => {
    expect(parse({ publishedAt: '2024-02-29' }).success).toBe(true)
    for (const arxivId of ['0704.0001', '2401.12345v12', 'hep-th/9901001', 'math.GT/0309136'])
      expect(parse({ arxivId }).success).toBe(true)
  })
})
