import { describe, expect, it } from 'vitest'
import { fingerprintOf } from '../../src/embed/fingerprint.ts'
import { recipeOf } from '../../src/embed/presets.ts'
import { restartDelay } from '../../src/embed/restart-delay.ts'

const NO_PREFIX = { queryPrefix: '', passagePrefix: '' }
const E5 = { queryPrefix: 'query: ', passagePrefix: 'passage: ' }
const BGE = { queryPrefix: 'Represent this sentence for searching relevant passages: ', passagePrefix: '' }

describe('recipeOf', () => {
  it.each([
    ['Xenova/all-MiniLM-L6-v2', { pooling: 'mean', maxTokens: 256, ...NO_PREFIX }],
    ['Xenova/all-MiniLM-L12-v2', { pooling: 'mean', maxTokens: 128, ...NO_PREFIX }],
    ['Xenova/paraphrase-multilingual-MiniLM-L12-v2', { pooling: 'mean', maxTokens: 128, ...NO_PREFIX }],
    ['sentence-transformers/all-mpnet-base-v2', { pooling: 'mean', maxTokens: 384, ...NO_PREFIX }],
    ['Xenova/e5-small-v2', { pooling: 'mean', maxTokens: 512, ...E5 }],
    ['intfloat/multilingual-e5-base', { pooling: 'mean', maxTokens: 512, ...E5 }],
    ['Xenova/bge-small-en-v1.5', { pooling: 'cls', maxTokens: 512, ...BGE }],
    ['BAAI/bge-m3', { pooling: 'cls', maxTokens: 512, ...NO_PREFIX }],
    ['Xenova/gte-small', { pooling: 'mean', maxTokens: 512, ...NO_PREFIX }],
    ['Alibaba-NLP/gte-base-en-v1.5', { pooling: 'cls', maxTokens: 512, ...NO_PREFIX }],
    ['somebody/else', { pooling: 'mean', maxTokens: 512, ...NO_PREFIX }],
  ])('knows %s', (model, recipe) => {
    expect(recipeOf(model)).toEqual({ ...recipe, dtype: 'q8', file: 'onnx/model_quantized.onnx' })
  })

  it('lets settings override each field, also with an empty prefix', () => {
    const overrides = { pooling: 'mean', queryPrefix: '', passagePrefix: 'p: ', maxTokens: 64, dtype: 'fp32' } as const
    expect(recipeOf('Xenova/bge-small-en-v1.5', overrides)).toEqual({ ...overrides, file: 'onnx/model.onnx' })
    expect(recipeOf('Xenova/e5-small-v2', { queryPrefix: undefined }).queryPrefix).toBe('query: ')
  })
})

describe('fingerprintOf', () => {
  const base = {
    model: 'Xenova/e5-small-v2',
    revision: 'main',
    fileHash: '0123456789abcdef'.repeat(4),
    recipe: recipeOf('Xenova/e5-small-v2'),
  }

  it('can be read', () => {
    expect(fingerprintOf(base)).toBe(
      'Xenova/e5-small-v2@main:0123456789abcdef:mean:512:l2:query=query%3A%20:passage=passage%3A%20',
    )
  })

  it('differs where anything differs that shapes a vector', () => {
    const { recipe } = base
    const variants = [
      base,
      { ...base, model: 'Xenova/e5-base-v2' },
      { ...base, revision: 'v2' },
      { ...base, fileHash: 'f'.repeat(64) },
      { ...base, recipe: { ...recipe, pooling: 'cls' as const } },
      { ...base, recipe: { ...recipe, maxTokens: 256 } },
      { ...base, recipe: { ...recipe, queryPrefix: '' } },
      { ...base, recipe: { ...recipe, queryPrefix: '', passagePrefix: 'query: ' } },
      { ...base, recipe: { ...recipe, passagePrefix: 'a long prefix '.repeat(20) } },
      { ...base, recipe: { ...recipe, passagePrefix: 'b long prefix '.repeat(20) } },
    ]
    const prints = variants.map(fingerprintOf)
    expect(new Set(prints).size).toBe(variants.length)
    expect(Math.max(...prints.map((print) => print.length))).toBeLessThan(200)
  })
})

describe('restartDelay', () => {
  it('is nothing at first, then doubles from 0.1 s to 5 s', () => {
    expect([1, 2, 3, 4, 7, 8, 100].map(restartDelay)).toEqual([0, 100, 200, 400, 3_200, 5_000, 5_000])
  })
})
