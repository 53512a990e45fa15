import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readBertEncoder } from '../../src/embed/bert-graph.ts'
import { leanModel } from '../../src/embed/lean-graph.ts'
import { VENDORED } from './model-fixtures.ts'

const PLAIN = readFileSync(join(VENDORED, 'onnx', 'model_quantized.onnx'))
const LEAN = Buffer.from(leanModel(PLAIN) ?? PLAIN)

/** The model with the first of some bytes replaced by others of the same length. */
function changed(from: string | Buffer, to: string | Buffer): Buffer {
  const at = LEAN.indexOf(from)
  const model = Buffer.from(LEAN)
  if (at === -1 || Buffer.byteLength(from) !== Buffer.byteLength(to)) throw new Error('there is nothing to change')
  Buffer.from(to).copy(model, at)
  return model
}

const float = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return bytes
}

describe('readBertEncoder', () => {
  it('finds shape and tensors of the vendored model', () => {
    const { tensors, ...shape } = readBertEncoder(LEAN)
    const sizes = { vocabulary: 30_522, positions: 512, hidden: 384, heads: 12, intermediate: 1_536, layers: 6 }
    expect(shape).toEqual({ ...sizes, output: 'last_hidden_state' })
    expect(tensors).toHaveLength(12 + 6 * 22)
    expect(tensors.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeGreaterThan(22_500_000)
  })

  it('does not take the mask for nothing: it has to be gone', () => {
    expect(() => readBertEncoder(PLAIN)).toThrow(RangeError)
  })

  it.each([
    ['another activation', changed('Erf', 'Exp')],
    ['another root in Gelu', changed(float(Math.SQRT2), float(1.5))],
    ['another root under the scores', changed(float(Math.sqrt(32)), float(5))],
    ['another epsilon in one place', changed(float(1e-12), float(1e-5))],
    ['an operation in another place', changed('ReduceMean', 'ReduceProd')],
    ['tokens that come from elsewhere', changed('input_ids', 'other_ids')],
    ['another product', changed('MatMulInteger', 'MatMulUnknown')],
  ])('refuses a graph with %s', (_title, model) => {
    expect(() => readBertEncoder(model)).toThrow(RangeError)
  })

  it('refuses what is no model', () => {
    expect(() => readBertEncoder(Buffer.from('no model at all'))).toThrow(RangeError)
    expect(() => readBertEncoder(new Uint8Array())).toThrow(RangeError)
  })
})
