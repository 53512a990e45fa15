import { describe, expect, it } from 'vitest'
import { foldedWord, isPlainWord, plainWords, queryTerms, spacedText, textTerms } from '../../src/domain/terms.ts'
import { add, openLibrary } from '../support/library.ts'

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

describe('Chinese, Japanese and Korean', () => {
  it('become pairs of letters in a question, beside other words', () => {
    expect(queryTerms('基于Transformer的模型')).toEqual(['基于', '的模', '模型', 'transformer'])
    expect(queryTerms('猫')).toEqual(['猫'])
    expect(queryTerms('データ')).toEqual(['デー', 'ータ'])
    expect(queryTerms('𠮷野家')).toEqual(['𠮷野', '野家'])
  })

  it('become single letters in the index; other text stays as it is', () => {
    expect(spacedText('的model').split(/\s+/).filter(Boolean)).toEqual(['的', 'model'])
    expect(spacedText('Élan vital, 3 naïve riverbeds')).toBe('Élan vital, 3 naïve riverbeds')
  })
})

describe('plainWords', () => {
  it('are those that can be misspelled: each once, folded, without digits', () => {
    expect(plainWords('Naïve naive GPT4 otters! 模型 at ﬁfty')).toEqual(['naive', 'otters', 'at', 'fifty'])
  })

  it('keep the letters of other scripts whole', () => {
    expect(foldedWord('Йод')).toBe('йод')
    expect(isPlainWord('реки')).toBe(true)
    expect(isPlainWord('河流河流')).toBe(false)
  })
})

describe('textTerms', () => {
  it('gives every telling word as often as it stands there, in the singular', () => {
    expect(textTerms('Rivers of the river; studies, classes, gas and a BUS')).toEqual([
      'river',
      'river',
      'study',
      'classe',
      'gas',
      'bus',
    ])
  })

  it('reads text without spaces in pairs of letters', () => {
    expect(textTerms('潮汐表')).toEqual(['潮汐', '汐表'])
  })

  it('makes no word that the text index would stem otherwise than the plural', async () => {
    const library = await openLibrary()
    const plurals = ['matrices', 'analyses', 'processes', 'biases', 'boxes', 'bodies', 'movies', 'shoes', 'lenses']
    await add(library, [{ title: 'Plurals', abstract: plurals.join(' ') }])
    for (const plural of plurals) {
      const answer = await library.store.lexical(textTerms(plural), 1)
      expect([plural, answer.total, answer.corrections]).toEqual([plural, 1, []])
    }
  })
})
