import { AutoTokenizer, env } from '@xenova/transformers'
import { beforeAll, describe, expect, it } from 'vitest'
import { openTokenizer } from '../../src/embed/load-model.ts'
import { createTokensByWord, isByWord, type Tokenizer } from '../../src/embed/tokens-by-word.ts'
import { truncate } from '../../src/embed/truncate.ts'
import { createWordPieces, hasPlainPieces } from '../../src/embed/word-pieces.ts'
import { createRandom } from '../../src/services/evaluate/random.ts'
import { VENDORED } from './model-fixtures.ts'

const MAX_TOKENS = 64

/** What normalisers and splitters treat in ways of their own. */
const PARTS = [
  ...[
    'model',
    'Models,',
    'ÉCOLE',
    'e\u0301cole',
    'naïve',
    'ﬁne',
    '中文字',
    '東京tower',
    '한국어',
    'ไทย',
    'İstanbul',
    'ß',
  ],
  ...[
    '[SEP]',
    '[CLS]',
    '[MASK]',
    '[sep]',
    '[UNK]x',
    '##ing',
    '$x_1^2$',
    '\\alpha',
    'a-b',
    '—',
    '…',
    '“quoted”',
    "don't",
  ],
  ...[
    '\u0000',
    '\u00ad',
    '\u200b',
    '\u200d',
    '\ufeff',
    '\u0301',
    '\ufffd',
    '\ud83d',
    '😀',
    '👩‍🔬',
    '\u{20000}',
    '1,000.5',
  ],
  ...['w'.repeat(101), 'un'.repeat(40), 'https://a.b/c?d=e', 'x'.repeat(60)],
]
const BLANKS = [' ', ' ', ' ', '', '\n', '\t', '\r\n', '  ', '\u00a0', '\u3000', '\u2028', '\v', '\u0085']

let tokenizer: Tokenizer

beforeAll(async () => {
  env.allowRemoteModels = false
  tokenizer = await AutoTokenizer.from_pretrained(VENDORED, { local_files_only: true })
})

describe('tokens by word', () => {
  it('are those of the whole text, with the tokenizer of transformers.js and with that of the model', async () => {
    const ofModel = await openTokenizer(VENDORED, MAX_TOKENS)
    const random = createRandom(7)
    const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? ''
    const tokensOf = createTokensByWord(tokenizer)
    for (let round = 0; round < 3_000; round += 1) {
      const length = Math.floor(random() ** 2 * 60)
      const text = Array.from({ length }, () => pick(PARTS) + pick(BLANKS)).join('')
      const ids = truncate(tokenizer.encode(text), MAX_TOKENS)
      expect([text, tokensOf(text, MAX_TOKENS), ofModel(text)]).toEqual([text, ids, ids])
    }
  })

  it('fit to the last place', () => {
    const tokensOf = createTokensByWord(tokenizer)
    const text = 'frogs sing, unaffordable ponds'
    const whole = tokenizer.encode(text)
    for (let most = 2; most <= whole.length + 1; most += 1) expect(tokensOf(text, most)).toEqual(truncate(whole, most))
  })

  it('do not overflow on a word without an end', () => {
    expect(createTokensByWord(tokenizer)('a.'.repeat(200_000), 8)).toHaveLength(8)
  })

  it('ask the tokenizer once for a word', () => {
    const asked: string[] = []
    const counting: Tokenizer = {
      encode: (text, options) => {
        asked.push(text)
        return tokenizer.encode(text, options)
      },
    }
    const tokensOf = createTokensByWord(counting)
    tokensOf('frogs sing and frogs sing', MAX_TOKENS)
    tokensOf('frogs', MAX_TOKENS)
    expect(asked).toEqual(['', 'frogs', 'sing', 'and'])
  })
})

describe('plain words', () => {
  const idOf = (piece: string) => ({ frog: 1, '##s': 2, '.': 3, a: 4, '##b': 5, ab: 6 })[piece]
  const pieces = createWordPieces(idOf)

  it('are split as the tokenizer of the model splits them', async () => {
    const ofModel = await openTokenizer(VENDORED, 256)
    const random = createRandom(11)
    // Pieces of words, each sign of ASCII, and what is not ASCII or not printable.
    const parts = [
      ...[
        'un',
        'Afford',
        'able',
        'GRAPH',
        'ing',
        'tion',
        's',
        'x',
        'Qz',
        '2',
        '1999',
        '3.14',
        "n't",
        '\u00e9',
        '\u00ad',
        '\u0000',
      ],
      ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)),
    ]
    for (let round = 0; round < 4_000; round += 1) {
      const word = Array.from({ length: 1 + random() * 12 }, () => parts[Math.floor(random() * parts.length)]).join('')
      expect([word, ofModel(word)]).toEqual([word, truncate(tokenizer.encode(word), 256)])
    }
  })

  it('take the longest piece first, whatever their case', () => {
    expect(pieces('Frogs.')).toEqual([1, 2, 3])
    expect(pieces('AB.ab')).toEqual([6, 3, 6])
  })

  it.each(['[a]', 'frögs', 'x', 'frogx', 'a b', 'a\u0000', '', 'a'.repeat(49)])('leave %j to the tokenizer', (word) => {
    expect(pieces(word)).toBeNull()
  })

  it('do not go through the tokenizer', () => {
    const asked: string[] = []
    const counting: Tokenizer = {
      encode: (text, options) => {
        asked.push(text)
        return tokenizer.encode(text, options)
      },
    }
    createTokensByWord(counting, pieces)('frogs frog toads', MAX_TOKENS)
    expect(asked).toEqual(['', 'toads'])
  })
})

describe('hasPlainPieces', () => {
  const uncased = {
    normalizer: { lowercase: true },
    model: { continuing_subword_prefix: '##', max_input_chars_per_word: 100 },
    added_tokens: [{ content: '[SEP]' }],
  }

  it.each([
    [true, uncased],
    [false, { ...uncased, normalizer: { lowercase: false } }],
    [false, { ...uncased, model: { ...uncased.model, continuing_subword_prefix: '@@' } }],
    [false, { ...uncased, model: { ...uncased.model, max_input_chars_per_word: 20 } }],
    [false, { ...uncased, added_tokens: [{ content: 'protein' }] }],
    [false, null],
  ])('is %s only where a plain word has no other pieces', (expected, json) => {
    expect(hasPlainPieces(json)).toBe(expected)
  })
})

describe('isByWord', () => {
  const bert = {
    normalizer: { type: 'BertNormalizer' },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: { type: 'WordPiece' },
    added_tokens: [{ content: '[SEP]', lstrip: false, rstrip: false }],
  }

  it.each([
    [true, bert],
    [false, { ...bert, model: { type: 'BPE' } }],
    [false, { ...bert, normalizer: { type: 'Sequence' } }],
    [false, { ...bert, normalizer: null }],
    [false, { ...bert, pre_tokenizer: { type: 'Metaspace' } }],
    [false, { ...bert, added_tokens: [{ content: 'two words', lstrip: false, rstrip: false }] }],
    [false, { ...bert, added_tokens: [{ content: '[MASK]', lstrip: true, rstrip: false }] }],
    [false, null],
  ])('is %s only where a blank always ends a word', (expected, json) => {
    expect(isByWord(json)).toBe(expected)
  })
})
