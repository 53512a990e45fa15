import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { leanModel } from '../../src/embed/lean-graph.ts'
import { SESSION_OPTIONS } from '../../src/embed/network.ts'
import { createRandom } from '../../src/services/evaluate/random.ts'
import { type OnnxNode, onnxModel } from '../support/onnx.ts'
import { VENDORED } from './model-fixtures.ts'

const MODEL = readFileSync(join(VENDORED, 'onnx', 'model_quantized.onnx'))

/** What the network says of a row of tokens. */
async function runner(model: Uint8Array): Promise<(ids: readonly number[]) => Promise<unknown>> {
  const session = await InferenceSession.create(model, SESSION_OPTIONS)
  const row = (ids: readonly number[], idOf: (id: number) => number) =>
    new Tensor(
      'int64',
      BigInt64Array.from(ids, (id) => BigInt(idOf(id))),
      [1, ids.length],
    )
  return async (ids) => {
    const output = await session.run({
      input_ids: row(ids, (id) => id),
      attention_mask: row(ids, () => 1),
      token_type_ids: row(ids, () => 0),
    })
    return output.last_hidden_state?.data
  }
}

/** Scores of tokens, to which the mask is added in a way, under a softmax. */
function attention(over: { one?: number; factor?: number; behind?: OnnxNode[]; type?: string } = {}): Buffer {
  const { one = 1, factor = -10_000, behind = [], type = 'Softmax' } = over
  return onnxModel({
    inputs: ['input_ids', 'attention_mask'],
    output: { name: 'out', columns: 1 },
    constants: [
      { name: 'one', dims: [], values: [one] },
      { name: 'factor', dims: [], values: [factor] },
    ],
    nodes: [
      { type: 'Cast', inputs: ['input_ids'], output: 'scores', attributes: { to: 1 } },
      { type: 'Cast', inputs: ['attention_mask'], output: 'mask', attributes: { to: 1 } },
      { type: 'Sub', inputs: ['one', 'mask'], output: 'unseen' },
      { type: 'Mul', inputs: ['unseen', 'factor'], output: 'bias' },
      { type: 'Add', inputs: ['scores', 'bias'], output: 'masked' },
      { type, inputs: ['masked'], output: 'out' },
      ...behind,
    ],
  })
}

it('there is one onnxruntime, that of transformers.js: two in a process would be two native libraries', () => {
  const ours = createRequire(import.meta.url)
  const theirs = createRequire(ours.resolve('@xenova/transformers'))
  expect(ours.resolve('onnxruntime-node')).toBe(theirs.resolve('onnxruntime-node'))
})

describe('leanModel', () => {
  it('changes no bit of what the model says of texts of any length', async () => {
    const lean = leanModel(MODEL)
    expect(lean?.length).toBeLessThan(MODEL.length)
    const [plainly, leanly] = await Promise.all([runner(MODEL), runner(lean ?? MODEL)])
    const random = createRandom(3)
    for (const length of [2, 3, 17, 64, 131, 256]) {
      const ids = Array.from({ length }, () => Math.floor(random() * 30_000))
      expect(await leanly(ids)).toEqual(await plainly(ids))
    }
  })

  it('leaves out the mask where it is added to scores', () => {
    const lean = leanModel(attention())
    expect(lean && Buffer.from(lean).includes('masked')).toBe(false)
    expect(lean && Buffer.from(lean).includes('Softmax')).toBe(true)
  })

  it.each([
    ['a mask that is not 0 where all is attended to', attention({ one: 2 })],
    ['a factor that makes no number of 0', attention({ factor: Number.NEGATIVE_INFINITY })],
    ['what goes elsewhere than into a softmax', attention({ type: 'Relu' })],
    ['what goes elsewhere as well', attention({ behind: [{ type: 'Relu', inputs: ['masked'], output: 'more' }] })],
  ])('leaves %s', (_title, model) => {
    expect(leanModel(model)).toBeNull()
  })

  it('throws where the bytes are no model', () => {
    expect(() => leanModel(Buffer.from('no model at all'))).toThrow(RangeError)
    expect(() => leanModel(MODEL.subarray(0, 10_000_000))).toThrow(RangeError)
  })
})
