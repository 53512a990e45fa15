import {
  constantsOf,
  GRAPH,
  INPUT,
  isAllZero,
  NODE,
  type Node,
  parseNode,
  scalarOf,
  type Tensor,
} from './onnx-graph.ts'
import { encodeField, type Field, fieldsOf } from './protobuf.ts'

const ATTENTION_MASK = 'attention_mask'
/** Whatever is 1 (or 0) everywhere is so after them. */
const SHAPING = new Set(['Cast', 'Unsqueeze', 'Squeeze', 'Expand', 'Reshape', 'Identity'])

class Thinner {
  readonly #constants: ReadonlyMap<string, Tensor>
  readonly #consumers = new Map<string, string[]>()
  /** Names of tensors that are 1, and 0, everywhere when each token is attended to. */
  readonly #ones = new Set([ATTENTION_MASK])
  readonly #zeros = new Set<string>()
  /** What is read instead of a tensor that is not made any more. */
  readonly #instead = new Map<string, string>()
  isChanged = false

  constructor(nodes: readonly Node[], constants: ReadonlyMap<string, Tensor>) {
    this.#constants = constants
    for (const { op, inputs } of nodes) {
      for (const input of inputs) this.#consumers.set(input, [...(this.#consumers.get(input) ?? []), op])
    }
  }

  /** The node as it stays; null where it goes. */
  thin(node: Node): Uint8Array | null {
    this.#note(node)
    const [one = '', other = ''] = node.inputs
    if (node.op === 'Add' && this.#goesToSoftmax(node) && this.#zeros.has(one) !== this.#zeros.has(other)) {
      this.#instead.set(node.outputs[0] ?? '', this.#zeros.has(one) ? other : one)
      this.isChanged = true
      return null
    }
    return this.#withInputs(node, this.#neededInputs(node))
  }

  #note({ op, inputs, outputs: [output = ''] }: Node): void {
    const [one = '', other = ''] = inputs
    for (const same of [this.#ones, this.#zeros]) if (SHAPING.has(op) && same.has(one)) same.add(output)
    if (op === 'Sub' && scalarOf(this.#constants.get(one)) === 1 && this.#ones.has(other)) this.#zeros.add(output)
    if (op !== 'Mul') return
    const factor = this.#zeros.has(one) ? other : one
    const isZero = this.#zeros.has(one) || this.#zeros.has(other)
    if (isZero && Number.isFinite(scalarOf(this.#constants.get(factor)))) this.#zeros.add(output)
  }

  /** Scores have the shape of the sum there, so nothing is spread by adding. */
  #goesToSoftmax({ outputs: [output = ''] }: Node): boolean {
    return this.#consumers.get(output)?.every((op) => op === 'Softmax') ?? false
  }

  #neededInputs({ op, inputs }: Node): readonly string[] {
    const named = inputs.map((input) => this.#instead.get(input) ?? input)
    const [, , , zeroPoint] = inputs
    const isIdle = op === 'MatMulInteger' && zeroPoint !== undefined && isAllZero(this.#constants.get(zeroPoint))
    return isIdle ? named.slice(0, 3) : named
  }

  #withInputs({ inputs, fields }: Node, needed: readonly string[]): Uint8Array {
    if (needed.length === inputs.length && needed.every((input, at) => input === inputs[at])) {
      return Buffer.concat(fields.map(({ raw }) => raw))
    }
    this.isChanged = true
    const kept = fields.filter(({ number }) => number !== INPUT).map(({ raw }) => raw)
    return Buffer.concat([...needed.map((input) => encodeField(INPUT, Buffer.from(input))), ...kept])
  }
}

/** The graph with less to do; null where there is nothing to leave out. */
function thinGraph(fields: readonly Field[]): Uint8Array | null {
  const nodes = new Map(fields.filter(({ number }) => number === NODE).map((field) => [field, parseNode(field)]))
  const thinner = new Thinner([...nodes.values()], constantsOf(fields, [...nodes.values()]))
  const parts = fields.map((field) => {
    const node = nodes.get(field)
    if (!node) return field.raw
    const thin = thinner.thin(node)
    return thin ? encodeField(NODE, thin) : new Uint8Array()
  })
  return thinner.isChanged ? Buffer.concat(parts) : null
}

/**
 * The ONNX model without work that changes no bit of its output when each token is attended to, as it is where one text
 * goes through at a time: adding the mask (then zero) to the attention's scores, and subtracting the zero points of
 * eight-bit weights that are all zero. Null where neither is found. Throws RangeError where the bytes are no model.
 */
export function leanModel(model: Uint8Array): Uint8Array | null {
  const fields = [...fieldsOf(model)]
  const graph = fields.find(({ number }) => number === GRAPH)
  const thin = graph && thinGraph([...fieldsOf(graph.body)])
  if (!thin) return null
  return Buffer.concat(fields.map((field) => (field === graph ? encodeField(GRAPH, thin) : field.raw)))
}
