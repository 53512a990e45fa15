import { describe, expect, it } from 'vitest'
import { foldedWord, isPlainWord, plainWords, queryTerms, spacedText, textTerms } from '../../src/domain/terms.ts'
import { add, openLibrary } from '../support/library.ts'
import { createRandom, pick } from '../support/random.ts'

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

describe('folded words', () => {
  it('are the same with and without other letters beside them', () => {
    const random = createRandom(39)
    const letters = ['a', 'B', 'Z', 's', '7', '_', '-', ' ', ' ', 'É', 'ß', 'İ', 'ﬁ', '中', 'e\u0301', 'Ω', '\u0301']
    for (let round = 0; round < 2_000; round += 1) {
      const text = Array.from({ length: Math.floor(random() * 30) }, () => pick(random, letters)).join('')
      const plain = text.replace(/\P{ASCII}/gu, '')
      // Beside a letter that is not ASCII nothing goes the short way.
      expect(spacedText(plain)).toBe(spacedText(`${plain} é`).slice(0, -2))
      expect(foldedWord(plain)).toBe(foldedWord(`${plain} é`).slice(0, -2))
      const words = spacedText(text).match(/[\p{L}\p{N}\p{M}]+/gu) ?? []
      expect(plainWords(text)).toEqual([...new Set(words.map(foldedWord).filter(isPlainWord))])
    }
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
