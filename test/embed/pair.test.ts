import { describe, expect, it } from 'vitest'
import { encodePair, type PairTokenizer, truncatePair } from '../../src/embed/pair.ts'

const [CLS, SEP] = [101, 102]

describe('truncatePair', () => {
  const row = (query: number[], passage: number[]): number[] => [CLS, ...query, SEP, ...passage, SEP]
  const cut = (query: number[], passage: number[], maxTokens: number) =>
    truncatePair(row(query, passage), { query: query.length, passage: passage.length }, maxTokens)

  it('leaves a pair that fits', () => {
    expect(cut([1, 2], [3, 4], 7)).toEqual(row([1, 2], [3, 4]))
  })

  it('cuts the longer side and keeps every special token', () => {
    expect(cut([1, 2], [3, 4, 5, 6, 7], 8)).toEqual(row([1, 2], [3, 4, 5]))
    expect(cut([1, 2, 3, 4, 5], [6, 7], 8)).toEqual(row([1, 2, 3], [6, 7]))
  })

  it('cuts both to the same length where both are long', () => {
    expect(cut([1, 2, 3, 4], [5, 6, 7, 8], 8)).toEqual(row([1, 2], [5, 6, 7]))
  })

  it('keeps two separators between the sides, as some models have them', () => {
    const pair = [CLS, 1, 2, SEP, SEP, 3, 4, 5, SEP]
    expect(truncatePair(pair, { query: 2, passage: 3 }, 7)).toEqual([CLS, 1, SEP, SEP, 3, 4, SEP])
  })

  it('never gives more than was asked for, whatever the sizes', () => {
    for (let query = 0; query < 6; query += 1)
      for (let passage = 0; passage < 6; passage += 1)
        for (let maxTokens = 3; maxTokens < 12; maxTokens += 1) {
          const found = cut(Array(query).fill(1), Array(passage).fill(2), maxTokens)
          expect(found.length).toBe(Math.min(maxTokens, query + passage + 3))
          expect(found.filter((id) => id === SEP)).toHaveLength(2)
          expect(found.at(-1)).toBe(SEP)
        }
  })
})

describe('encodePair', () => {
  /** One piece a word: its length. */
  const pieces = (text: string): number[] => text.split(' ').flatMap((word) => (word === '' ? [] : [word.length]))
  let longest = 0
  const tokenizer: PairTokenizer = {
    pieces: (text) => {
      longest = Math.max(longest, text.length)
      return pieces(text)
    },
    pair: (query, passage) => ({
      ids: [CLS, ...pieces(query), SEP, ...pieces(passage), SEP],
      types: [0, ...pieces(query).map(() => 0), 0, ...pieces(passage).map(() => 1), 1],
    }),
  }

  it('cuts ids and types alike', () => {
    const { ids, types } = encodePair(tokenizer, { query: 'ab cde', passage: 'a bb ccc dddd' }, 8)
    expect(ids).toEqual([CLS, 2, 3, SEP, 1, 2, 3, SEP])
    expect(types).toEqual([0, 0, 0, 0, 1, 1, 1, 1])
  })

  it('gives the beginning of long texts without reading them to their end', () => {
    const { ids } = encodePair(tokenizer, { query: 'one', passage: 'some words '.repeat(10_000) }, 16)
    expect(ids).toEqual([CLS, 3, SEP, ...pieces('some words '.repeat(6)), SEP])
    expect(longest).toBeLessThan(1_000)
  })
})
