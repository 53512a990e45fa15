import { expect, GraphReader, isSame } from './graph-reader.ts'
import { FLOAT, GRAPH, INT8, outputsOf, UINT8 } from './onnx-graph.ts'
import { type Field, fieldsOf } from './protobuf.ts'

/** The kernels' one size of a head. */
const HEAD = 32
/** A graph that leads back to itself has no end. */
const MOST_LAYERS = 64
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
  readonly #graph: GraphReader
  #epsilon = Number.NaN
  #hidden = 0
  #intermediate = 0

  constructor(fields: readonly Field[]) {
    this.#graph = new GraphReader(fields)
  }

  read(output: string): BertEncoder {
    const layers: (readonly Numbers[])[] = []
    let name = output
    while (!this.#isEmbedding(name)) {
      expect(layers.length < MOST_LAYERS)
      const layer = this.#layer(name)
      layers.unshift(layer.tensors)
      name = layer.input
    }
    const { vocabulary, positions, tensors } = this.#embeddings(name)
    const sizes = { hidden: this.#hidden, heads: this.#hidden / HEAD, intermediate: this.#intermediate }
    const all = [...tensors, Float32Array.of(this.#epsilon), ...layers.flat()]
    return { vocabulary, positions, ...sizes, layers: layers.length, tensors: all, output }
  }

  #isEmbedding(name: string): boolean {
    const [, position] = this.#graph.inputs(this.#norm(name).input, 'Add', 2)
    return this.#graph.isMadeBy(position, 'DequantizeLinear')
  }

  #layer(name: string): Step {
    const outer = this.#norm(name)
    const [lowered, attended] = this.#graph.inputs(outer.input, 'Add', 2)
    const down = this.#product(lowered)
    const up = this.#product(this.#gelu(down.input))
    const inner = this.#norm(attended)
    const [projected, input] = this.#graph.inputs(inner.input, 'Add', 2)
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
    const [weighted, bias] = this.#graph.inputs(name, 'Add', 2)
    const [unit, weight] = this.#graph.inputs(weighted, 'Mul', 2)
    const [centred, deviation] = this.#graph.inputs(unit, 'Div', 2)
    const [input, mean] = this.#graph.inputs(centred, 'Sub', 2)
    const [variance, epsilon] = this.#graph.inputs(this.#graph.inputs(deviation, 'Sqrt', 1)[0], 'Add', 2)
    const [power, two] = this.#graph.inputs(this.#mean(variance), 'Pow', 2)
    this.#graph.expectScalar(two, 2)
    expect(power === centred && this.#mean(mean) === input)
    if (Number.isNaN(this.#epsilon)) this.#epsilon = this.#graph.scalar(epsilon)
    this.#graph.expectScalar(epsilon, this.#epsilon)
    this.#hidden ||= this.#graph.length(weight)
    return { input, tensors: [this.#graph.floats(weight, this.#hidden), this.#graph.floats(bias, this.#hidden)] }
  }

  #mean(name: string): string {
    this.#graph.expectAttribute({ name, op: 'ReduceMean', attribute: 'axes', values: [[LAST]] })
    this.#graph.expectAttribute({ name, op: 'ReduceMean', attribute: 'keepdims', values: [[], [1]] })
    return this.#graph.inputs(name, 'ReduceMean', 1)[0]
  }

  /** The input, quantised, times weights whose zero points are all zero, plus the bias. */
  #product(name: string): Product {
    const [biases, floats] = this.#graph.inputs(name, 'Add', 2)
    const [exact, scale] = this.#graph.inputs(floats, 'Mul', 2)
    this.#graph.expectAttribute({ name: exact, op: 'Cast', attribute: 'to', values: [[FLOAT]] })
    const [numbers, weights, zeroPoint] = this.#graph.inputs(
      this.#graph.inputs(exact, 'Cast', 1)[0],
      'MatMulInteger',
      3,
    )
    const [inputScale, scales] = this.#graph.inputs(scale, 'Mul', 2)
    const [input] = this.#graph.inputs(numbers, 'DynamicQuantizeLinear', 1)
    const quantised = this.#graph.node(numbers, 'DynamicQuantizeLinear').outputs
    expect(quantised[0] === numbers && quantised[1] === inputScale && quantised[2] === zeroPoint)
    const { bytes, rows: terms, columns } = this.#graph.matrix(weights, INT8)
    const tensors = [new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)]
    return {
      input,
      terms,
      columns,
      tensors: [...tensors, this.#graph.floats(scales, columns), this.#graph.floats(biases, columns)],
    }
  }

  /** x (erf(x / sqrt 2) + 1) / 2. */
  #gelu(name: string): string {
    const [doubled, half] = this.#graph.inputs(name, 'Mul', 2)
    const [input, sum] = this.#graph.inputs(doubled, 'Mul', 2)
    const [erf, one] = this.#graph.inputs(sum, 'Add', 2)
    const [scaled, root] = this.#graph.inputs(this.#graph.inputs(erf, 'Erf', 1)[0], 'Div', 2)
    this.#graph.expectScalar(half, 0.5)
    this.#graph.expectScalar(one, 1)
    this.#graph.expectScalar(root, Math.SQRT2)
    expect(scaled === input)
    return input
  }

  /** Query, key and value of softmax(Q K^T / sqrt d) V, head by head. */
  #attention(name: string): readonly string[] {
    const [turned, shape] = this.#graph.inputs(name, 'Reshape', 2)
    this.#graph.expectShape(shape, [this.#hidden])
    this.#graph.expectAttribute({ name: turned, op: 'Transpose', attribute: 'perm', values: [[0, 2, 1, 3]] })
    const [shares, values] = this.#graph.inputs(this.#graph.inputs(turned, 'Transpose', 1)[0], 'MatMul', 2)
    this.#graph.expectAttribute({ name: shares, op: 'Softmax', attribute: 'axis', values: [[3], [LAST]] })
    const [scores, root] = this.#graph.inputs(this.#graph.inputs(shares, 'Softmax', 1)[0], 'Div', 2)
    this.#graph.expectScalar(root, Math.sqrt(HEAD))
    const [queries, keys] = this.#graph.inputs(scores, 'MatMul', 2)
    return [this.#heads(queries, [0, 2, 1, 3]), this.#heads(keys, [0, 2, 3, 1]), this.#heads(values, [0, 2, 1, 3])]
  }

  #heads(name: string, perm: readonly number[]): string {
    this.#graph.expectAttribute({ name, op: 'Transpose', attribute: 'perm', values: [perm] })
    const [input, shape] = this.#graph.inputs(this.#graph.inputs(name, 'Transpose', 1)[0], 'Reshape', 2)
    this.#graph.expectShape(shape, [this.#hidden / HEAD, HEAD])
    return input
  }

  #embeddings(name: string): Pick<BertEncoder, 'vocabulary' | 'positions' | 'tensors'> {
    const norm = this.#norm(name)
    const [sum, positioned] = this.#graph.inputs(norm.input, 'Add', 2)
    const [worded, typed] = this.#graph.inputs(sum, 'Add', 2)
    const [words, types, positions] = [this.#table(worded), this.#table(typed), this.#table(positioned)]
    expect(words.input === 'input_ids' && types.input === 'token_type_ids')
    this.#expectPositions(positions.input, positions.terms)
    const [numbers, ...ofTypes] = types.tensors
    const first = numbers?.subarray(0, this.#hidden) ?? new Uint8Array()
    const tensors = [...words.tensors, first, ...ofTypes, ...positions.tensors, ...norm.tensors]
    return { vocabulary: words.terms, positions: positions.terms, tensors }
  }

  #table(name: string): Product {
    const [rows, scale, zeroPoint] = this.#graph.inputs(name, 'DequantizeLinear', 3)
    this.#graph.expectAttribute({ name: rows, op: 'Gather', attribute: 'axis', values: [[], [0]] })
    const [numbers, input] = this.#graph.inputs(rows, 'Gather', 2)
    const { bytes, rows: terms, columns } = this.#graph.matrix(numbers, UINT8)
    const zero = this.#graph.byte(zeroPoint)
    expect(columns === this.#hidden && zero <= 255)
    return { input, terms, columns, tensors: [bytes, this.#graph.floats(scale, 1), Uint8Array.of(zero)] }
  }

  /** 0, 1, 2 and so on, as many as there are tokens. */
  #expectPositions(name: string, count: number): void {
    const [all = '', start = '', end = '', axes = '', steps = '', ...more] = this.#graph.node(name, 'Slice').inputs
    expect(
      more.length === 0 &&
        isSame(
          this.#graph.wholes(all),
          Array.from({ length: count }, (_, at) => at),
        ),
    )
    expect(isSame([...this.#graph.wholes(start), ...this.#graph.wholes(axes), ...this.#graph.wholes(steps)], [0, 1, 1]))
    expect(this.#graph.expectSize(end, 1) === 'input_ids')
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
