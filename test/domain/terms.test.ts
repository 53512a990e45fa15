import { describe, expect, it } from 'vitest'
import { queryTerms } from '../../src/domain/terms.ts'

describe('queryTerms', () => {
  it('gives each telling word once, in lower case', () => {
    expect(queryTerms('How do the Rivers of a RIVER delta meet?')).toEqual(['rivers', 'river', 'delta', 'meet'])
  })

  it('keeps stop words where there are no others', () => {
    expect(queryTerms('What is it about')).toEqual(['what', 'is', 'it', 'about'])
  })

  it('finds no word in punctuation, emoji and broken text', () => {
    for (const text of ['', '  ', '"*^:()', '🚀', '\u0000', '\ud800']) expect(queryTerms(text)).toEqual([])
  })

  it('reads compatibility forms as the letters they stand for', () => {
    expect(queryTerms('ﬁeld Ｔｅｓｔ')).toEqual(['field', 'test'])
  })

  it('is bounded', () => {
    expect(queryTerms(Array.from({ length: 5_000 }, (_, n) => `w${n}`).join(' '))).toHaveLength(128)
  })
})
