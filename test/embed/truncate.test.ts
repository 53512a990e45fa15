import { describe, expect, it } from 'vitest'
import { encodeBounded, truncate } from '../../src/embed/truncate.ts'

const CLS = 101
const SEP = 102

/** One piece a word: its length. */
function encode(text: string): number[] {
  return [CLS, ...text.split(/\s+/).flatMap((word) => (word === '' ? [] : [word.length])), SEP]
}

describe('truncate', () => {
  it('leaves a text that fits', () => {
    expect(truncate([CLS, 1, 2, SEP], 4)).toEqual([CLS, 1, 2, SEP])
    expect(truncate([], 4)).toEqual([])
  })

  it('keeps [SEP] when a text is cut', () => {
    expect(truncate([CLS, 1, 2, 3, 4, SEP], 4)).toEqual([CLS, 1, 2, SEP])
  })
})

describe('encodeBounded', () => {
  it.each([
    ['short words', 'ab c '.repeat(5_000)],
    ['words longer than the first bound', `${'x'.repeat(900)} `.repeat(100)],
    ['no blank at all', 'x'.repeat(50_000)],
    ['one blank at the front', ` ${'x'.repeat(50_000)}`],
    ['words after a long rest', `a ${'x'.repeat(20_000)} ${'b '.repeat(200)}`],
    ['nothing', ''],
  ])('gives the same tokens as the whole text: %s', (_title, text) => {
    expect(encodeBounded(encode, text, 16)).toEqual(truncate(encode(text), 16))
  })

  it('does not read a long text to its end', () => {
    let most = 0
    const counting = (text: string): number[] => {
      most = Math.max(most, text.length)
      return encode(text)
    }
    encodeBounded(counting, 'some words '.repeat(10_000), 16)
    expect(most).toBeLessThan(1_000)
  })
})
