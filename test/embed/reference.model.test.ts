import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openTokenizer } from '../../src/embed/load-model.ts'
import { openTransformersEmbedder } from '../../src/embed/transformers.ts'
import { cosine, settings, VENDORED } from './model-fixtures.ts'

const REFERENCE = new URL('../../../shared/eval/reference-vectors.json', import.meta.url)

interface ReferenceItem {
  readonly text: string
  readonly tokens: number
  readonly vector: number[]
}

describe.skipIf(!existsSync(REFERENCE))('against an independent implementation (skipped without ../shared)', () => {
  const items: ReferenceItem[] = existsSync(REFERENCE) ? JSON.parse(readFileSync(REFERENCE, 'utf8')).items : []

  it('gives the same vectors', async () => {
    const embedder = await openTransformersEmbedder(settings())
    const texts = items.map(({ text }) => text)
    const vectors = await embedder.embed(texts, 'passage')
    await embedder.close()
    const cosines = items.map(({ vector }, at) => cosine(vector, vectors[at] ?? []))
    console.info(`least cosine of ${cosines.length}: ${Math.min(...cosines)}`)
    expect(cosines).toHaveLength(12)
    expect(Math.min(...cosines)).toBeGreaterThanOrEqual(0.9999)
  })

  it('counts the same tokens, and keeps [SEP] when a text is cut', async () => {
    const tokenize = await openTokenizer(VENDORED, 256)
    expect(items.map(({ text }) => tokenize(text).length)).toEqual(items.map(({ tokens }) => tokens))
    expect(new Set(items.map(({ text }) => tokenize(text).at(-1)))).toEqual(new Set([102]))
  })
})

describe('the tokenizer', () => {
  it('reads special tokens that are written in a text as the reference does', async () => {
    const tokenize = await openTokenizer(VENDORED, 256)
    // [CLS] a [SEP] b [MASK] [SEP]; in lower case they are plain words between brackets.
    expect(tokenize('a [SEP] b [MASK]')).toEqual([101, 1037, 102, 1038, 103, 102])
    expect(tokenize('[sep]')).toEqual([101, 1031, 19802, 1033, 102])
  })

  it('gives a long text the tokens of its beginning', async () => {
    const tokenize = await openTokenizer(VENDORED, 256)
    const words = 'Frogs & ponds—unaffordable $x_1$ 中文 '.repeat(3_000)
    expect(tokenize(words)).toEqual(tokenize(words.slice(0, 3_500)))
    expect(tokenize(words)).toHaveLength(256)
    expect(tokenize('w'.repeat(100_000))).toEqual([101, 100, 102])
  })
})
