import { describe, expect, it } from 'vitest'
import { compare, quoteParts, readable } from '../../../src/services/verify/compare.ts'

const verdictOf = (quote: string, text: string) => compare(quoteParts(quote), readable(text)).verdict

describe('a number', () => {
  it.each([
    ['a rate of 10^5 a second', 'a rate of $10^{-5}$ a second'],
    ['a rate of 10⁵ a second', 'a rate of 10⁻⁵ a second'],
    ['we took 105 samples each', 'we took 10⁵ samples each'],
    ['a step of 1e-5 was used', 'a step of 1e5 was used'],
    ['it is 31/2 times as fast', 'it is 3½ times as fast'],
    ['it loses ≥-5 points here', 'it loses ≥5 points here'],
    ['we saw ٣ samples in all', 'we saw ٥ samples in all'],
    ['the error is ≪ 5 points', 'the error is ≫ 5 points'],
    ['version 1.2.3 is the best', 'version 1.23 is the best'],
  ])('is not another one that is written alike: %s', (quote, text) => {
    expect(verdictOf(quote, text)).toBe('altered')
  })

  it.each([
    ['we took 10^12 samples each', 'we took 10¹² samples each'],
    ['a rate of 10⁻¹² a second', 'a rate of $10^{-12}$ a second'],
    ['a step of 1e−5 was used', 'a step of 1e-5 was used'],
    ['an area of 5 m^2 in all', 'an area of 5 m² in all'],
    ['it is 3 1/2 times as fast', 'it is 3½ times as fast'],
    ['a gain of 5–10% was seen', 'a gain of 5-10 percent was seen'],
    ['some 10,000 papers were read', 'some $10{,}000$ papers were read'],
    ['p ⩽ 0.05 was found here', 'p ≤ 0.05 was found here'],
    ['it needs H2O and no more', 'it needs H₂O and no more'],
  ])('is the same however it is set: %s', (quote, text) => {
    expect(verdictOf(quote, text)).toBe('exact')
  })
})

describe('another word', () => {
  it.each([
    ['the plan was good enough for us', 'the plane was good enough for us'],
    ['one part of the system was left', 'one party of the system was left'],
    ['the base of the model was kept', 'the bass of the model was kept'],
    ['a sound of the car was heard', 'a sound of the card was heard'],
    ['for x ∈ S it always holds', 'for x ∉ S it always holds'],
  ])('is not an inflection: %s', (quote, text) => {
    expect(verdictOf(quote, text)).toBe('altered')
  })

  it.each([
    ['our model uses a study of seven rates', 'our model used the studies of seven rates'],
    ['there we study how each single rate increases', 'there we studied how each single rate increased'],
  ])('is close where it is one: %s', (quote, text) => {
    expect(verdictOf(quote, text)).toBe('close')
  })
})

describe('a text that is too long to be laid onto a quote', () => {
  const long = 'wind over water '.repeat(10_000)

  it('is still read word by word', () => {
    expect(verdictOf('wind over water '.repeat(100), long)).toBe('exact')
    expect(compare(quoteParts(`${'wind over water '.repeat(100)} otters`), readable(long))).toEqual({
      verdict: 'missing',
      similarity: 0,
      start: 0,
      end: 0,
      changes: [],
    })
  })
})
