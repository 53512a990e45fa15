import {
  attributeOf,
  byteOf,
  constantsOf,
  dimsOf,
  floatsOf,
  INT64,
  NODE,
  type Node,
  parseNode,
  rawOf,
  scalarOf,
  type Tensor,
} from './onnx-graph.ts'
import type { Field } from './protobuf.ts'

export const isSame = (one: readonly number[], other: readonly number[]): boolean =>
  one.length === other.length && one.every((value, at) => value === other[at])

/** Throws RangeError: there are other graphs, and onnxruntime runs them. */
export function expect(isKnown: boolean): asserts isKnown {
  if (!isKnown) throw new RangeError('the graph is not that of an encoder known here')
}

/** The nodes of a graph by what they make. Each question throws RangeError where the answer is not the one expected. */
export class GraphReader {
  readonly #constants: ReadonlyMap<string, Tensor>
  readonly #makers = new Map<string, Node>()

  constructor(fields: readonly Field[]) {
    const nodes = fields.filter(({ number }) => number === NODE).map(parseNode)
    this.#constants = constantsOf(fields, nodes)
    for (const node of nodes) for (const output of node.outputs) this.#makers.set(output, node)
  }

  isMadeBy(name: string, op: string): boolean {
    return this.#makers.get(name)?.op === op
  }

  scalar(name: string): number {
    return scalarOf(this.#constants.get(name))
  }

  /** How many floats the tensor has; 0 where it has others. */
  length(name: string): number {
    return floatsOf(this.#constants.get(name))?.length ?? 0
  }

  byte(name: string): number {
    return byteOf(this.#constants.get(name))
  }

  /** The node of this kind that makes the tensor. */
  node(name: string, op: string): Node {
    const node = this.#makers.get(name)
    expect(node?.op === op)
    return node
  }

  /** What that node reads: so many tensors, at most three. */
  inputs(name: string, op: string, count: number): readonly [string, string, string] {
    const { inputs } = this.node(name, op)
    expect(inputs.length === count)
    const [one = '', two = '', three = ''] = inputs
    return [one, two, three]
  }

  floats(name: string, length: number): Float32Array {
    const values = floatsOf(this.#constants.get(name))
    expect(values?.length === length)
    return values
  }

  expectScalar(name: string, value: number): void {
    expect(scalarOf(this.#constants.get(name)) === Math.fround(value))
  }

  expectAttribute({
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
    const found = attributeOf(this.node(name, op), attribute)
    expect(values.some((each) => isSame(each, found)))
  }

  /** Whole numbers, as shapes and indexes are kept. */
  wholes(name: string): readonly number[] {
    const raw = rawOf(this.#constants.get(name), INT64)
    expect(raw !== undefined && raw.length % 8 === 0)
    return Array.from(new BigInt64Array(Uint8Array.from(raw).buffer), Number)
  }

  matrix(name: string, type: number): { bytes: Uint8Array; rows: number; columns: number } {
    const tensor = this.#constants.get(name)
    const bytes = rawOf(tensor, type)
    const [rows = 0, columns = 0, ...more] = tensor ? dimsOf(tensor) : []
    expect(bytes !== undefined && more.length === 0 && bytes.length === rows * columns)
    return { bytes, rows, columns }
  }

  /** Batch and length as they are, then these sizes. */
  expectShape(name: string, sizes: readonly number[]): void {
    const [batch = '', length = '', ...others] = this.node(name, 'Concat').inputs
    this.expectSize(batch, 0)
    this.expectSize(length, 1)
    expect(
      isSame(
        others.flatMap((each) => this.wholes(each)),
        sizes,
      ),
    )
  }

  /** How long the tensors of the graph are along an axis, batch or length. */
  expectSize(name: string, axis: number): string {
    const [shape, index] = this.inputs(this.inputs(name, 'Unsqueeze', 1)[0], 'Gather', 2)
    expect(isSame(this.wholes(index), [axis]))
    return this.inputs(shape, 'Shape', 1)[0]
  }
}
