import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBertEncoder } from '../../src/embed/bert-graph.ts'
import { leanModel } from '../../src/embed/lean-graph.ts'
import { openTokenizer } from '../../src/embed/load-model.ts'
import { loadNativeEncoder, nativeNetwork, openNativeNetwork } from '../../src/embed/native-encoder.ts'
import { type Network, openNetwork } from '../../src/embed/network.ts'
import { openTransformersEmbedder } from '../../src/embed/transformers.ts'
import { createRandom } from '../../src/services/evaluate/random.ts'
import { settings, VENDORED } from './model-fixtures.ts'

const REFERENCE = new URL('../../../shared/eval/reference-vectors.json', import.meta.url)
const FILE = join(VENDORED, 'onnx', 'model_quantized.onnx')
const MAX_TOKENS = 256
const VOCABULARY = 30_522

/** Accents, scripts, markup, what tokenizers treat in ways of their own, and nothing. */
const TEXTS = [
  '',
  ' ',
  'frogs',
  '中文 東京tower 한국어 ไทย',
  'naïve ÉCOLE e\u0301cole ß İstanbul',
  '[CLS] [SEP] [MASK] [UNK] [PAD]',
  '$x_1^2 \\alpha$ — “quoted” … 1,000.5',
  '😀 👩‍🔬 \ud83d \u0000 \u200b \ufffd',
  'w'.repeat(5_000),
  'unaffordable '.repeat(300),
]

const Encoder = loadNativeEncoder()
if (!Encoder) console.info('skipped: native/encoder is not built, or this processor has no AVX-512 with VNNI')

const rowsOf = (network: Network, ids: readonly number[]): Promise<Float32Array> =>
  network.run({ ids }, ({ last_hidden_state: rows }) => Float32Array.from(rows?.data as Float32Array))

/** Whether all bits are the same; says where not. */
function differences(one: Float32Array, other: Float32Array): number {
  const [bits, others] = [one, other].map(({ buffer }) => new Uint32Array(buffer))
  return bits?.length === others?.length
    ? (bits ?? []).filter((value, at) => value !== others?.[at]).length
    : Number.NaN
}

describe.skipIf(!Encoder)('the encoder of our own (skipped where it cannot run)', () => {
  let ours: Network
  let theirs: Network

  beforeAll(async () => {
    if (!Encoder) return
    ours = nativeNetwork(Encoder, readFileSync(FILE), MAX_TOKENS)
    theirs = await openNetwork({ folder: VENDORED, dtype: 'q8' })
  })
  afterAll(() => theirs?.dispose())

  it('gives the bits of onnxruntime for rows of each length', async () => {
    const random = createRandom(11)
    for (let length = 1; length <= MAX_TOKENS; length += 1) {
      const ids = Array.from({ length }, () => Math.floor(random() * VOCABULARY))
      const found = differences(await rowsOf(ours, ids), await rowsOf(theirs, ids))
      expect({ length, found }).toEqual({ length, found: 0 })
    }
  })

  it('gives the bits of onnxruntime for texts of every kind', async () => {
    const tokenize = await openTokenizer(VENDORED, MAX_TOKENS)
    for (const text of TEXTS) {
      const ids = tokenize(text)
      const found = differences(await rowsOf(ours, ids), await rowsOf(theirs, ids))
      expect({ text, found }).toEqual({ text, found: 0 })
    }
  })

  it('gives the same bits again, whatever it read before', async () => {
    const ids = [101, 2054, 2079, 16387, 4521, 102]
    const first = await rowsOf(ours, ids)
    await rowsOf(
      ours,
      Array.from({ length: MAX_TOKENS }, (_, at) => at * 97),
    )
    expect(await rowsOf(ours, ids)).toEqual(first)
  })

  it.each([
    ['no token', []],
    ['too many', Array.from({ length: MAX_TOKENS + 1 }, () => 5)],
    ['one beyond the vocabulary', [101, VOCABULARY, 102]],
    ['a negative one', [101, -1, 102]],
    ['one that is no number', [101, 2 ** 31, 102]],
  ])('refuses rows with %s', async (_title, ids) => {
    await expect(rowsOf(ours, ids)).rejects.toThrow(/token/)
  })

  it('refuses a second sequence, which it does not know', async () => {
    await expect(ours.run({ ids: [101, 102], types: [0, 1] }, () => 0)).rejects.toThrow(RangeError)
  })

  it('is what embeds by default, and onnxruntime where the setting says so, with the same vectors', async () => {
    const engines: (string | undefined)[] = []
    const vectorsOf = async (encoder: 'auto' | 'onnxruntime') => {
      const onWorkerReady = (engine?: string) => engines.push(engine)
      const embedder = await openTransformersEmbedder(settings({ workers: 1, encoder, onWorkerReady }))
      const vectors = await embedder.embed(TEXTS, 'passage')
      await embedder.close()
      return vectors
    }
    expect(await vectorsOf('auto')).toEqual(await vectorsOf('onnxruntime'))
    expect(engines).toEqual(['native', 'onnxruntime'])
  })

  it.skipIf(!existsSync(REFERENCE))(
    'reads the reference texts (skipped without ../shared) as onnxruntime does',
    async () => {
      const { items }: { items: { text: string }[] } = JSON.parse(readFileSync(REFERENCE, 'utf8'))
      const tokenize = await openTokenizer(VENDORED, MAX_TOKENS)
      for (const { text } of items) {
        const ids = tokenize(text)
        expect(differences(await rowsOf(ours, ids), await rowsOf(theirs, ids))).toBe(0)
      }
    },
  )
})

describe.skipIf(!Encoder)('the border to native code (skipped where it cannot run)', () => {
  const model = readFileSync(FILE)
  const bert = readBertEncoder(leanModel(model) ?? model)
  const { vocabulary, positions, hidden, heads, intermediate } = bert
  const SHAPE = [vocabulary, positions, hidden, heads, intermediate, bert.layers, MAX_TOKENS]
  const make = (shape: readonly number[], tensors: readonly unknown[] = bert.tensors) =>
    Encoder && new Encoder(Uint32Array.from(shape), tensors as typeof bert.tensors)
  const changed = (at: number, value: number) => SHAPE.with(at, value)

  it.each([
    ['of too few numbers', SHAPE.slice(1)],
    ['without words', changed(0, 0)],
    ['without layers', changed(5, 0)],
    ['without tokens', changed(6, 0)],
    ['of more tokens than positions', changed(6, positions + 1)],
    ['whose heads are of another size', changed(3, heads / 2)],
    ['of a width that no panel has', changed(2, 400)],
    ['of sizes whose product has no end', changed(4, 48 * 2 ** 26)],
  ])('refuses a shape %s', (_title, shape) => {
    expect(() => make(shape)).toThrow(/shape/)
  })

  it.each([
    ['one too few', bert.tensors.slice(0, -1)],
    ['one too many', [...bert.tensors, new Float32Array(1)]],
    ['a shorter one', bert.tensors.map((tensor, at) => (at === 12 ? tensor.subarray(1) : tensor))],
    ['one of another type', bert.tensors.map((tensor, at) => (at === 12 ? new Uint8Array(tensor.length) : tensor))],
    ['one that is none', bert.tensors.map((tensor, at) => (at === 12 ? null : tensor))],
  ])('refuses tensors with %s', (_title, tensors) => {
    expect(() => make(SHAPE, tensors)).toThrow(/tensor|typed array/)
  })

  it('refuses arguments that are missing, of another type or too short, and other objects as its own', () => {
    const encoder = make(SHAPE)
    if (!encoder) throw new Error('there is no encoder')
    const run = (self: object, ...given: unknown[]) => Reflect.apply(encoder.run, self, given)
    const ids = Uint32Array.of(101, 102)
    expect(() => run(encoder, ids)).toThrow(/missing/)
    expect(() => run(encoder, [101, 102], new Float32Array(2 * hidden))).toThrow(/typed array/)
    expect(() => run(encoder, ids, new Float64Array(2 * hidden))).toThrow(/type/)
    expect(() => run(encoder, ids, new Float32Array(2 * hidden - 1))).toThrow(/rows/)
    expect(() => run({}, ids, new Float32Array(2 * hidden))).toThrow(/Illegal invocation/)
  })
})

it('leaves files that are no known encoder to onnxruntime', async () => {
  expect(await openNativeNetwork({ folder: VENDORED, dtype: 'fp32', maxTokens: MAX_TOKENS })).toBeNull()
})
