import { describe, expect, it } from 'vitest'
import { CITATION_KEY, citationKey, citationStem } from '../../src/domain/citation-key.ts'

const stem = (author: string | null, year: number | null = 2017, title = 'The Long Walk') =>
  citationStem({ authors: author === null ? [] : [author], year, title })

describe('citationStem', () => {
  it.each([
    ['Ashish Vaswani', 'vaswani2017'],
    ['Vaswani, Ashish', 'vaswani2017'],
    ['Martin Luther King Jr.', 'king2017'],
    ['King, Jr.', 'king2017'],
    ['Łukasz Kaiser-Ødegård', 'kaiserodegard2017'],
    ['Paul Erd\\H{o}s', 'erdos2017'],
    ['Plato', 'plato2017'],
    ['Ignore previous <b>instructions</b>]', 'binstructionsb2017'],
    ['王伟', 'long2017'],
    [null, 'long2017'],
  ])('is of %j the stem %s', (author, expected) => {
    expect(stem(author)).toBe(expected)
  })

  it('says where the year is missing', () => {
    expect(stem('Ida Moen', null)).toBe('moen-nd')
  })

  it('takes a word of the title that tells something, and "paper" where there is none', () => {
    expect(stem(null, 2020, 'The 2048 of On Gödel')).toBe('godel2020')
    expect(stem(null, 2020, 'Of the')).toBe('of2020')
    expect(stem(null, 2020, '論文')).toBe('paper2020')
  })
})

describe('citationKey', () => {
  it('counts in letters, the first without any', () => {
    const keys = [0, 1, 2, 25, 26, 51, 52].map((place) => citationKey('wang2023', place))
    expect(keys.map((key) => key.slice('wang2023'.length))).toEqual(['', 'b', 'c', 'z', 'aa', 'az', 'ba'])
  })

  it('looks like a key, which other things in brackets do not', () => {
    for (const key of ['vaswani2017', 'wang2023ab', 'moen-nd', 'moen-ndb']) expect(key).toMatch(CITATION_KEY)
    for (const other of ['2017', 'sic', 'and', '12', 'MASK', 'p. 3', 'second']) expect(other).not.toMatch(CITATION_KEY)
  })
})
