import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTransformersEmbedder } from '../../src/embed/transformers.ts'
import { embedderContract } from '../contract/embedder.ts'
import { copyModel, cosine, settings } from './model-fixtures.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-model-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

embedderContract('transformers', () => openTransformersEmbedder(settings()))

describe('openTransformersEmbedder', () => {
  it('names model, revision, file, pooling and length in its fingerprint', async () => {
    const embedder = await openTransformersEmbedder(settings())
    expect(embedder.fingerprint).toBe('Xenova/all-MiniLM-L6-v2@vendored:afdb6f1a0e45b715:mean:256:l2')
    expect(embedder.dimension).toBe(384)
    expect(embedder.pids).toEqual([])
    await embedder.close()
  })

  it('runs another local model with its own settings', async () => {
    const { modelsDir, model } = copyModel(folder, 'mine/e5-small')
    const plain = await openTransformersEmbedder(settings())
    const other = await openTransformersEmbedder(settings({ modelsDir, model, pooling: 'cls', maxTokens: 16 }))
    expect(other.fingerprint).toContain('mine/e5-small@vendored:afdb6f1a0e45b715:cls:16:l2:query=query%3A%20')
    const long = 'word '.repeat(40)
    const [query, passage, cut] = await Promise.all([
      other.embed(['frogs'], 'query'),
      other.embed(['frogs'], 'passage'),
      other.embed([long, `${long} and a different end`], 'passage'),
    ])
    expect(query).not.toEqual(passage)
    expect(cut[0]).toEqual(cut[1])
    expect(cosine(passage[0] ?? [], (await plain.embed(['frogs'], 'passage'))[0] ?? [])).toBeLessThan(0.99)
    await Promise.all([plain.close(), other.close()])
  })

  it('counts the tokens that the model reads: prefix and special tokens, and no more than it takes', async () => {
    const { modelsDir, model } = copyModel(folder, 'mine/e5-small')
    const other = await openTransformersEmbedder(settings({ modelsDir, model, maxTokens: 16, workers: 1 }))
    const texts = ['', 'frogs', 'frogs sing', 'word '.repeat(40)]
    expect(await other.countTokens(texts, 'query')).toEqual([4, 5, 6, 16])
    expect(await other.countTokens(texts.slice(0, 2), 'passage')).toEqual([4, 5])
    await other.close()
  })

  it('puts the prefix before the text', async () => {
    const { modelsDir, model } = copyModel(folder, 'mine/e5-small')
    const plain = await openTransformersEmbedder(settings({ workers: 1 }))
    const prefixed = await openTransformersEmbedder(settings({ modelsDir, model, workers: 1 }))
    const [query, passage] = [await prefixed.embed(['frogs'], 'query'), await prefixed.embed(['frogs'], 'passage')]
    expect([...query, ...passage]).toEqual(await plain.embed(['query: frogs', 'passage: frogs'], 'passage'))
    await Promise.all([plain.close(), prefixed.close()])
  })

  it.each(['onnx/model_quantized.onnx', 'tokenizer.json'])(
    'refuses a model with one damaged byte in %s',
    async (file) => {
      const { modelsDir, model, copy } = copyModel(folder, 'mine/copy')
      const bytes = readFileSync(join(copy, file))
      const middle = Math.floor(bytes.length / 2)
      bytes[middle] = (bytes[middle] ?? 0) ^ 1
      writeFileSync(join(copy, file), bytes)
      await expect(openTransformersEmbedder(settings({ modelsDir, model }))).rejects.toMatchObject({
        code: 'MODEL_CORRUPT',
        message: `${file.split('/').at(-1)} does not match its checksum.`,
      })
    },
  )

  it('says what is missing when a model is not there, without naming folders', async () => {
    const missing = openTransformersEmbedder(settings({ model: 'nobody/nothing' }))
    await expect(missing).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.not.stringContaining('tmp'),
    })
    const { modelsDir, model, copy } = copyModel(folder, 'mine/copy')
    rmSync(join(copy, 'SHA256SUMS'))
    rmSync(join(copy, 'onnx'), { recursive: true })
    await expect(openTransformersEmbedder(settings({ modelsDir, model }))).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
    })
  })

  it('refuses a longer input than the model reads', async () => {
    await expect(openTransformersEmbedder(settings({ maxTokens: 513 }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })

  it('says so when the file is no model, or has another dimension than it claims', async () => {
    const { modelsDir, model, copy } = copyModel(folder, 'mine/copy')
    rmSync(join(copy, 'SHA256SUMS'))
    const config = JSON.parse(readFileSync(join(copy, 'config.json'), 'utf8'))
    writeFileSync(join(copy, 'config.json'), JSON.stringify({ ...config, hidden_size: 100 }))
    const wrong = await openTransformersEmbedder(settings({ modelsDir, model }))
    await expect(wrong.embed(['a'], 'query')).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: 'The model gives 384 dimensions; its config.json says 100.',
    })
    writeFileSync(join(copy, 'onnx', 'model_quantized.onnx'), 'not a model')
    const broken = await openTransformersEmbedder(settings({ modelsDir, model }))
    await expect(broken.embed(['a'], 'query')).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    await Promise.all([wrong.close(), broken.close()])
  })
})
