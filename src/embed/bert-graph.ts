import {
  attributeOf,
  byteOf,
  constantsOf,
  dimsOf,
  FLOAT,
  floatsOf,
  GRAPH,
  INT8,
  INT64,
  NODE,
  type Node,
  outputsOf,
  parseNode,
  rawOf,
  scalarOf,
  type Tensor,
  UINT8,
} from './onnx-graph.ts'
import { type Field, fieldsOf } from './protobuf.ts'

/** The kernels' one size of a head. */
const HEAD = 32
/** What -1 is among the fields of a graph: the last axis. */
const LAST = 2 ** 64

type Numbers = Float32Array | Int8Array | Uint8Array

/** A BERT encoder with eight-bit weights (ONNX, dynamic quantisation), one text at a time. */
export interface BertEncoder {
  readonly vocabulary: number
  readonly positions: number
  readonly hidden: number
  readonly heads: number
  readonly intermediate: number
  readonly layers: number
  /**
   * Tables of words, types (the first row) and positions, each with scale and zero point; weight and bias of their layer
   * norm, its epsilon; of each layer the products query, key, value and output (each weights, scales, bias), a layer norm,
   * the products up and down, a layer norm.
   */
  readonly tensors: readonly Numbers[]
  /** What the graph calls the vectors of the tokens. */
  readonly output: string
}

const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((value, at) => value === other[at])

/** Throws RangeError: there are other graphs, and onnxruntime runs them. */
function expect(isKnown: boolean): asserts isKnown {
  if (!isKnown) throw new RangeError('the graph is not that of an encoder known here')
}

interface Step {
  /** The tensor that the step begins with. */
  readonly input: string
  readonly tensors: readonly Numbers[]
}

interface Product extends Step {
  readonly terms: number
  readonly columns: number
}

/** Follows the graph from its end to its beginning, and knows every node on the way. */
class BertReader {
  readonly #constants: ReadonlyMap<string, Tensor>
  readonly #makers = new Map<string, Node>()
  #epsilon = Number.NaN
  #hidden = 0
  #intermediate = 0

  constructor(fields: readonly Field[]) {
    const nodes = fields.filter(({ number }) => number === NODE).map(parseNode)
    this.#constants = constantsOf(fields, nodes)
    for (const node of nodes) for (const output of node.outputs) this.#makers.set(output, node)
  }

  read(output: string): BertEncoder {
    const layers: (readonly Numbers[])[] = []
    let name = output
    while (!this.#isEmbedding(name)) {
      const layer = this.#layer(name)
      layers.unshift(layer.tensors)
      name = layer.input
    }
    const { vocabulary, positions, tensors } = this.#embeddings(name)
    const sizes = { hidden: this.#hidden, heads: this.#hidden / HEAD, intermediate: this.#intermediate }
    const all = [...tensors, Float32Array.of(this.#epsilon), ...layers.flat()]
    return { vocabulary, positions, ...sizes, layers: layers.length, tensors: all, output }
  }

  /** The node of this kind that makes the tensor. */
  #node(name: string, op: string): Node {
    const node = this.#makers.get(name)
    expect(node?.op === op)
    return node
  }

  /** What that node reads: so many tensors, at most three. */
  #inputs(name: string, op: string, count: number): readonly [string, string, string] {
    const { inputs } = this.#node(name, op)
    expect(inputs.length === count)
    const [one = '', two = '', three = ''] = inputs
    return [one, two, three]
  }

  #floats(name: string, length: number): Float32Array {
    const values = floatsOf(this.#constants.get(name))
    expect(values?.length === length)
    return values
  }

  #expectScalar(name: string, value: number): void {
    expect(scalarOf(this.#constants.get(name)) === Math.fround(value))
  }

  #expectAttribute({
    name,
    op,
    attribute,
    values,
  }: {
    name: string
    op: string
    attribute: string
    values: readonly (readonly number[])[]
  }): void {
    const found = attributeOf(this.#node(name, op), attribute)
    expect(values.some((each) => isSame(each, found)))
  }

  /** Whole numbers, as shapes and indexes are kept. */
  #wholes(name: string): readonly number[] {
    const raw = rawOf(this.#constants.get(name), INT64)
    expect(raw !== undefined && raw.length % 8 === 0)
    return Array.from(new BigInt64Array(Uint8Array.from(raw).buffer), Number)
  }

  #isEmbedding(name: string): boolean {
    const [, position] = this.#inputs(this.#norm(name).input, 'Add', 2)
    return this.#makers.get(position)?.op === 'DequantizeLinear'
  }

  #layer(name: string): Step {
    const outer = this.#norm(name)
    const [lowered, attended] = this.#inputs(outer.input, 'Add', 2)
    const down = this.#product(lowered)
    const up = this.#product(this.#gelu(down.input))
    const inner = this.#norm(attended)
    const [projected, input] = this.#inputs(inner.input, 'Add', 2)
    const output = this.#product(projected)
    const parts = this.#attention(output.input).map((each) => this.#product(each))
    expect(up.input === attended && parts.every((part) => part.input === input))
    expect([...parts, output].every((part) => part.terms === this.#hidden && part.columns === this.#hidden))
    this.#intermediate ||= up.columns
    expect(up.terms === this.#hidden && up.columns === this.#intermediate)
    expect(down.terms === this.#intermediate && down.columns === this.#hidden)
    return { input, tensors: [...parts, output, inner, up, down, outer].flatMap(({ tensors }) => tensors) }
  }

  /** (x - mean) / sqrt(mean((x - mean)^2) + epsilon) * weight + bias, over the last axis. */
  #norm(name: string): Step {
    const [weighted, bias] = this.#inputs(name, 'Add', 2)
    const [unit, weight] = this.#inputs(weighted, 'Mul', 2)
    const [centred, deviation] = this.#inputs(unit, 'Div', 2)
    const [input, mean] = this.#inputs(centred, 'Sub', 2)
    const [variance, epsilon] = this.#inputs(this.#inputs(deviation, 'Sqrt', 1)[0], 'Add', 2)
    const [power, two] = this.#inputs(this.#mean(variance), 'Pow', 2)
    this.#expectScalar(two, 2)
    expect(power === centred && this.#mean(mean) === input)
    if (Number.isNaN(this.#epsilon)) this.#epsilon = scalarOf(this.#constants.get(epsilon))
    this.#expectScalar(epsilon, this.#epsilon)
    this.#hidden ||= floatsOf(this.#constants.get(weight))?.length ?? 0
    return { input, tensors: [this.#floats(weight, this.#hidden), this.#floats(bias, this.#hidden)] }
  }

  #mean(name: string): string {
    this.#expectAttribute({ name, op: 'ReduceMean', attribute: 'axes', values: [[LAST]] })
    this.#expectAttribute({ name, op: 'ReduceMean', attribute: 'keepdims', values: [[], [1]] })
    return this.#inputs(name, 'ReduceMean', 1)[0]
  }

  /** The input, quantised, times weights whose zero points are all zero, plus the bias. */
  #product(name: string): Product {
    const [biases, floats] = this.#inputs(name, 'Add', 2)
    const [exact, scale] = this.#inputs(floats, 'Mul', 2)
    this.#expectAttribute({ name: exact, op: 'Cast', attribute: 'to', values: [[FLOAT]] })
    const [numbers, weights, zeroPoint] = this.#inputs(this.#inputs(exact, 'Cast', 1)[0], 'MatMulInteger', 3)
    const [inputScale, scales] = this.#inputs(scale, 'Mul', 2)
    const [input] = this.#inputs(numbers, 'DynamicQuantizeLinear', 1)
    const quantised = this.#node(numbers, 'DynamicQuantizeLinear').outputs
    expect(quantised[0] === numbers && quantised[1] === inputScale && quantised[2] === zeroPoint)
    const { bytes, rows: terms, columns } = this.#matrix(weights, INT8)
    const tensors = [new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)]
    return {
      input,
      terms,
      columns,
      tensors: [...tensors, this.#floats(scales, columns), this.#floats(biases, columns)],
    }
  }

  #matrix(name: string, type: number): { bytes: Uint8Array; rows: number; columns: number } {
    const tensor = this.#constants.get(name)
    const bytes = rawOf(tensor, type)
    const [rows = 0, columns = 0, ...more] = tensor ? dimsOf(tensor) : []
    expect(bytes !== undefined && more.length === 0 && bytes.length === rows * columns)
    return { bytes, rows, columns }
  }

  /** x (erf(x / sqrt 2) + 1) / 2. */
  #gelu(name: string): string {
    const [doubled, half] = this.#inputs(name, 'Mul', 2)
    const [input, sum] = this.#inputs(doubled, 'Mul', 2)
    const [erf, one] = this.#inputs(sum, 'Add', 2)
    const [scaled, root] = this.#inputs(this.#inputs(erf, 'Erf', 1)[0], 'Div', 2)
    this.#expectScalar(half, 0.5)
    this.#expectScalar(one, 1)
    this.#expectScalar(root, Math.SQRT2)
    expect(scaled === input)
    return input
  }

  /** Query, key and value of softmax(Q K^T / sqrt d) V, head by head. */
  #attention(name: string): readonly string[] {
    const [turned, shape] = this.#inputs(name, 'Reshape', 2)
    this.#expectShape(shape, [this.#hidden])
    this.#expectAttribute({ name: turned, op: 'Transpose', attribute: 'perm', values: [[0, 2, 1, 3]] })
    const [shares, values] = this.#inputs(this.#inputs(turned, 'Transpose', 1)[0], 'MatMul', 2)
    this.#expectAttribute({ name: shares, op: 'Softmax', attribute: 'axis', values: [[3], [LAST]] })
    const [scores, root] = this.#inputs(this.#inputs(shares, 'Softmax', 1)[0], 'Div', 2)
    this.#expectScalar(root, Math.sqrt(HEAD))
    const [queries, keys] = this.#inputs(scores, 'MatMul', 2)
    return [this.#heads(queries, [0, 2, 1, 3]), this.#heads(keys, [0, 2, 3, 1]), this.#heads(values, [0, 2, 1, 3])]
  }

  #heads(name: string, perm: readonly number[]): string {
    this.#expectAttribute({ name, op: 'Transpose', attribute: 'perm', values: [perm] })
    const [input, shape] = this.#inputs(this.#inputs(name, 'Transpose', 1)[0], 'Reshape', 2)
    this.#expectShape(shape, [this.#hidden / HEAD, HEAD])
    return input
  }

  /** Batch and length as they are, then these sizes. */
  #expectShape(name: string, sizes: readonly number[]): void {
    const [batch = '', length = '', ...others] = this.#node(name, 'Concat').inputs
    this.#expectSize(batch, 0)
    this.#expectSize(length, 1)
    expect(
      isSame(
        others.flatMap((each) => this.#wholes(each)),
        sizes,
      ),
    )
  }

  /** How long the tensors of the graph are along an axis, batch or length. */
  #expectSize(name: string, axis: number): string {
    const [shape, index] = this.#inputs(this.#inputs(name, 'Unsqueeze', 1)[0], 'Gather', 2)
    expect(isSame(this.#wholes(index), [axis]))
    return this.#inputs(shape, 'Shape', 1)[0]
  }

  #embeddings(name: string): Pick<BertEncoder, 'vocabulary' | 'positions' | 'tensors'> {
    const norm = this.#norm(name)
    const [sum, positioned] = this.#inputs(norm.input, 'Add', 2)
    const [worded, typed] = this.#inputs(sum, 'Add', 2)
    const [words, types, positions] = [this.#table(worded), this.#table(typed), this.#table(positioned)]
    expect(words.input === 'input_ids' && types.input === 'token_type_ids')
    this.#expectPositions(positions.input, positions.terms)
    const [numbers, ...ofTypes] = types.tensors
    const first = numbers?.subarray(0, this.#hidden) ?? new Uint8Array()
    const tensors = [...words.tensors, first, ...ofTypes, ...positions.tensors, ...norm.tensors]
    return { vocabulary: words.terms, positions: positions.terms, tensors }
  }

  #table(name: string): Product {
    const [rows, scale, zeroPoint] = this.#inputs(name, 'DequantizeLinear', 3)
    this.#expectAttribute({ name: rows, op: 'Gather', attribute: 'axis', values: [[], [0]] })
    const [numbers, input] = this.#inputs(rows, 'Gather', 2)
    const { bytes, rows: terms, columns } = this.#matrix(numbers, UINT8)
    const zero = byteOf(this.#constants.get(zeroPoint))
    expect(columns === this.#hidden && zero <= 255)
    return { input, terms, columns, tensors: [bytes, this.#floats(scale, 1), Uint8Array.of(zero)] }
  }

  /** 0, 1, 2 and so on, as many as there are tokens. */
  #expectPositions(name: string, count: number): void {
    const [all = '', start = '', end = '', axes = '', steps = '', ...more] = this.#node(name, 'Slice').inputs
    expect(
      more.length === 0 &&
        isSame(
          this.#wholes(all),
          Array.from({ length: count }, (_, at) => at),
        ),
    )
    expect(isSame([...this.#wholes(start), ...this.#wholes(axes), ...this.#wholes(steps)], [0, 1, 1]))
    expect(this.#expectSize(end, 1) === 'input_ids')
  }
}

/**
 * The encoder that an ONNX model is, once `leanModel` has taken its mask out. Throws RangeError where it is any other
 * network, however little it differs.
 */
export function readBertEncoder(model: Uint8Array): BertEncoder {
  const graph = [...fieldsOf(model)].find(({ number }) => number === GRAPH)
  const fields = graph ? [...fieldsOf(graph.body)] : []
  const [output, ...more] = outputsOf(fields)
  expect(output !== undefined && more.length === 0)
  return new BertReader(fields).read(output)
}
