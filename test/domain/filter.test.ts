import { describe, expect, it } from 'vitest'
import { Filter } from '../../src/domain/filter.ts'
import { FilterShorthand, filterOfShorthand } from '../../src/domain/filter-shorthand.ts'

const faults = (raw: unknown) =>
  Filter.safeParse(raw).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

describe('a filter', () => {
  it('is read into conditions, each a look-up', () => {
    expect(Filter.parse({ year: { $gte: 2021 } })).toEqual({ field: 'year', order: '$gte', than: 2021 })
    expect(Filter.parse({ venue: ' NeurIPS ' })).toEqual({ field: 'venue', in: ['neurips'] })
    expect(Filter.parse({ venue: null })).toEqual({ not: { field: 'venue', exists: true } })
    expect(Filter.parse({ id: 'A-b', arxivId: 'arXiv:1706.03762v5' })).toEqual({
      and: [
        { field: 'id', in: ['A-b'] },
        { field: 'arxivId', in: ['1706.03762'] },
      ],
    })
    expect(Filter.parse({})).toEqual({ and: [] })
  })

  it.each([
    [null, ': must be an object of conditions'],
    [[], ': must be an object of conditions'],
    ['year', ': must be an object of conditions'],
    [{ abstract: 'x' }, /^abstract: is not a field to filter by/],
    [{ $where: 'sleep(1)' }, /^\$where: is not a field to filter by/],
    [JSON.parse('{"__proto__": {"year": 1}}'), /^__proto__: is not a field/],
    [{ toString: 1 }, /^toString: is not a field/],
    [{ year: { $regex: '.*' } }, /^year\.\$regex: is not an operator/],
    [{ year: { $constructor: 1 } }, /^year\.\$constructor: is not an operator/],
    [{ year: {} }, /^year: must hold an operator/],
    [{ year: '2021' }, /^year: /],
    [{ year: { $gt: Number.NaN } }, /^year\.\$gt: /],
    [{ year: { $gt: null } }, /^year\.\$gt: /],
    [{ year: [2021] }, /^year: /],
    [{ venue: { $gt: 'a' } }, /^venue\.\$gt: does not apply to venue/],
    [{ venue: { $in: 'a' } }, /^venue\.\$in: must be a list/],
    [{ venue: { $in: ['a', 7] } }, /^venue\.\$in\.1: /],
    [{ venue: ' ' }, 'venue: must not be empty'],
    [{ venue: { $exists: 1 } }, 'venue.$exists: must be true or false'],
    [{ venue: { $not: 'a' } }, 'venue.$not: must be an object of operators'],
    [{ publishedAt: { $gte: '2021-02-30' } }, 'publishedAt.$gte: is not a day of the calendar'],
    [{ $or: [] }, /^\$or: must be a list of filters/],
    [{ $and: { year: 1 } }, /^\$and: must be a list of filters/],
    [{ $or: [{ year: 2020 }, { year: { $lt: 'x' } }] }, /^\$or\.1\.year\.\$lt: /],
    [{ authors: { $in: Array.from({ length: 501 }, () => 'a') } }, /^authors\.\$in: must be a list of at most 500/],
  ])('is refused with the path of its fault: %j', (raw, fault) => {
    expect(faults(raw)).toEqual([typeof fault === 'string' ? fault : expect.stringMatching(fault)])
  })

  it('may be nested 8 deep and no deeper, however deep it comes', () => {
    const nested = (depth: number) => JSON.parse(`${'{"$not":'.repeat(depth - 1)}{"year":1}${'}'.repeat(depth - 1)}`)
    expect(faults(nested(8))).toEqual([])
    expect(faults(nested(9))).toEqual([expect.stringMatching(/^(\$not\.){7}\$not: is nested more than 8 deep/)])
    expect(faults(nested(5_000))).toHaveLength(1)
    expect(faults({ year: JSON.parse(`${'{"$not":'.repeat(3_000)}{"$eq":1}${'}'.repeat(3_000)}`) })).toHaveLength(1)
  })

  it('may have 64 conditions and no more', () => {
    const wide = (count: number) => ({ $or: Array.from({ length: count }, (_, at) => ({ year: at })) })
    expect(faults(wide(64))).toEqual([])
    const tooMany = [': must have at most 64 conditions']
    expect(faults(wide(65))).toEqual(tooMany)
    expect(faults(wide(10_000))).toEqual(tooMany)
    expect(faults({ $and: [wide(40), wide(40)] })).toEqual(tooMany)
  })
})

describe('the shorthand', () => {
  const shorthand = (given: object) => filterOfShorthand(FilterShorthand.parse(given))

  it.each([
    ['2023', { year: 2023 }],
    ['2021-2023', { $and: [{ year: { $gte: 2021 } }, { year: { $lte: 2023 } }] }],
    ['2021-', { year: { $gte: 2021 } }],
    ['-2020', { year: { $lte: 2020 } }],
  ])('reads year=%s', (year, filter) => {
    expect(shorthand({ year: [year] })).toEqual({ or: [Filter.parse(filter)] })
  })

  it.each(['', '-', '23', '2023-2021', '2021--2023', '20212023', '2021-2022-2023', 'x', '2021 - 2023'])(
    'refuses year=%s',
    (year) => {
      expect(FilterShorthand.safeParse({ year: [year] }).error?.issues[0]?.path).toEqual(['year', 0])
    },
  )

  it('joins different parameters with and, repeated ones with or', () => {
    const given = { year: ['2019', '2021-'], author: ['Ida Moen', 'PER LUNDE'], publishedBefore: '2022-01-01' }
    expect(shorthand(given)).toEqual({
      and: [
        { or: [Filter.parse({ year: 2019 }), Filter.parse({ year: { $gte: 2021 } })] },
        Filter.parse({ publishedAt: { $lte: '2022-01-01' } }),
        Filter.parse({ authors: { $in: ['Ida Moen', 'Per Lunde'] } }),
      ],
    })
    expect(shorthand({})).toBeUndefined()
  })
})
