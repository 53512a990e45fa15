import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { openTokenizer } from '../../src/embed/load-model.ts'
import {
  openTransformersEmbedder,
  type TransformersEmbedder,
  type TransformersSettings,
} from '../../src/embed/transformers.ts'
import { embedderContract } from '../contract/embedder.ts'

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url))
const VENDORED = join(MODELS, 'Xenova', 'all-MiniLM-L6-v2')
const REFERENCE = new URL('../../../shared/eval/reference-vectors.json', import.meta.url)

interface ReferenceItem {
  readonly text: string
  readonly tokens: number
  readonly vector: number[]
}

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kindred-model-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function settings(changes: Partial<TransformersSettings> = {}): TransformersSettings {
  const cacheDir = join(tmpdir(), 'kindred-no-such-cache')
  return { model: 'Xenova/all-MiniLM-L6-v2', modelsDir: MODELS, cacheDir, allowDownload: false, workers: 2, ...changes }
}

/** A copy of the vendored model under another name, in a models folder of its own. */
function copyModel(name: string): { modelsDir: string; model: string; copy: string } {
  const copy = join(folder, name)
  cpSync(VENDORED, copy, { recursive: true })
  return { modelsDir: folder, model: name, copy }
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, squaresA, squaresB] = [0, 0, 0]
  for (let at = 0; at < a.length; at += 1) {
    const [x, y] = [a[at] ?? 0, b[at] ?? 0]
    product += x * y
    squaresA += x * x
    squaresB += y * y
  }
  return product / Math.sqrt(squaresA * squaresB)
}

embedderContract('transformers', () => openTransformersEmbedder(settings()))

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

describe('openTransformersEmbedder', () => {
  it('names model, revision, file, pooling and length in its fingerprint', async () => {
    const embedder = await openTransformersEmbedder(settings())
    expect(embedder.fingerprint).toBe('Xenova/all-MiniLM-L6-v2@vendored:afdb6f1a0e45b715:mean:256:l2')
    expect(embedder.dimension).toBe(384)
    expect(embedder.pids).toEqual([])
    await embedder.close()
  })

  it('runs another local model with its own settings', async () => {
    const { modelsDir, model } = copyModel('mine/e5-small')
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

  it('puts the prefix before the text', async () => {
    const { modelsDir, model } = copyModel('mine/e5-small')
    const plain = await openTransformersEmbedder(settings({ workers: 1 }))
    const prefixed = await openTransformersEmbedder(settings({ modelsDir, model, workers: 1 }))
    const [query, passage] = [await prefixed.embed(['frogs'], 'query'), await prefixed.embed(['frogs'], 'passage')]
    expect([...query, ...passage]).toEqual(await plain.embed(['query: frogs', 'passage: frogs'], 'passage'))
    await Promise.all([plain.close(), prefixed.close()])
  })

  it.each(['onnx/model_quantized.onnx', 'tokenizer.json'])(
    'refuses a model with one damaged byte in %s',
    async (file) => {
      const { modelsDir, model, copy } = copyModel('mine/copy')
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
    const { modelsDir, model, copy } = copyModel('mine/copy')
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
    const { modelsDir, model, copy } = copyModel('mine/copy')
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

describe('the workers', () => {
  let embedder: TransformersEmbedder
  const texts = Array.from({ length: 40 }, (_, at) => `Text number ${at} about frogs, ponds and rain. `.repeat(10))

  beforeAll(async () => {
    embedder = await openTransformersEmbedder(settings())
  })
  afterAll(() => embedder.close())

  it('may be killed in the middle of their work', async () => {
    const expected = await embedder.embed(texts, 'passage')
    const before = embedder.pids
    const again = embedder.embed(texts, 'passage')
    for (const pid of before) process.kill(pid, 'SIGKILL')
    expect(await again).toEqual(expected)
    expect(embedder.pids.filter((pid) => before.includes(pid))).toEqual([])
  })

  it('leave Ctrl-C to their parent', async () => {
    const before = embedder.pids
    const work = embedder.embed(texts, 'passage')
    for (const pid of before) process.kill(pid, 'SIGINT')
    for (const pid of before) process.kill(pid, 'SIGTERM')
    expect(await work).toHaveLength(texts.length)
    expect(embedder.pids).toEqual(before)
  })

  it('answer a question while passages wait', async () => {
    const order: string[] = []
    const passages = embedder.embed([...texts, ...texts], 'passage').then(() => order.push('passages'))
    const query = embedder.embed(['where do frogs sing?'], 'query').then(() => order.push('query'))
    await Promise.all([passages, query])
    expect(order).toEqual(['query', 'passages'])
  })
})

describe('a model of the Hub', () => {
  let server: Server
  let hubUrl: string
  let requests: string[]

  /** Serves the vendored files as the Hub would serve those of `mine/hubbed`. */
  beforeEach(async () => {
    requests = []
    server = createServer((request, response) => {
      const path = /^\/mine\/hubbed\/resolve\/main\/([\w/.]+)$/.exec(request.url ?? '')?.[1]
      requests.push(`${request.method} ${path}`)
      const file = join(VENDORED, path ?? 'none')
      if (path === undefined || !existsSync(file)) response.writeHead(404).end()
      else response.writeHead(200, { 'content-length': statSync(file).size }).end(readFileSync(file))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    hubUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })

  afterEach(() => void server.close())

  it('is fetched once, and read from the cache from then on', async () => {
    const onDownload = vi.fn()
    const hub = settings({ model: 'mine/hubbed', cacheDir: folder, hubUrl, allowDownload: true, onDownload })
    const embedder = await openTransformersEmbedder(hub)
    expect(embedder.fingerprint).toBe('mine/hubbed@main:afdb6f1a0e45b715:mean:512:l2')
    expect(await embedder.embed(['frogs'], 'query')).toHaveLength(1)
    await embedder.close()
    expect(onDownload).toHaveBeenCalledWith(expect.objectContaining({ file: 'tokenizer.json' }))
    const count = requests.length
    expect(count).toBeGreaterThan(0)
    await (await openTransformersEmbedder({ ...hub, allowDownload: false })).close()
    expect(requests).toHaveLength(count)
  })

  it('is not asked for without leave', async () => {
    const refused = openTransformersEmbedder(settings({ model: 'mine/hubbed', cacheDir: folder, hubUrl }))
    await expect(refused).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' })
    expect(requests).toEqual([])
  })

  it('may be unknown to the Hub', async () => {
    const unknown = settings({ model: 'mine/unknown', cacheDir: folder, hubUrl, allowDownload: true })
    await expect(openTransformersEmbedder(unknown)).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: 'The model mine/unknown cannot be fetched from the Hub.',
    })
  })
})
