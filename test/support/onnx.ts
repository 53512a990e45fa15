// Writes ONNX models of a few nodes. The format is plain Protocol Buffers; the field numbers are those of onnx.proto.

const VARINT = 0
const LENGTH_DELIMITED = 2
const FLOAT = 1
const INT64 = 7

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Buffer.from([...bytes, rest])
}

type Field = (number: number) => Buffer
type Fields = readonly (readonly [number: number, field: Field])[]

const whole =
  (value: number): Field =>
  (number) =>
    Buffer.concat([varint(number * 8 + VARINT), varint(value)])
const bytes =
  (content: Buffer): Field =>
  (number) =>
    Buffer.concat([varint(number * 8 + LENGTH_DELIMITED), varint(content.length), content])
const text = (content: string): Field => bytes(Buffer.from(content, 'utf8'))
const encode = (fields: Fields): Buffer => Buffer.concat(fields.map(([number, field]) => field(number)))
const message = (fields: Fields): Field => bytes(encode(fields))

export interface OnnxNode {
  readonly type: string
  readonly inputs: readonly string[]
  readonly output: string
  /** Whole numbers, one or several. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>
}

export interface OnnxTensor {
  readonly name: string
  readonly dims: readonly number[]
  readonly values: readonly number[]
}

/** A graph from int64 inputs to one float output, each of two dimensions; a dimension is a number or a name. */
export interface OnnxGraph {
  readonly inputs: readonly string[]
  readonly output: { readonly name: string; readonly columns: number }
  readonly constants: readonly OnnxTensor[]
  readonly nodes: readonly OnnxNode[]
}

function attribute(name: string, value: number | readonly number[]): Field {
  // AttributeProto: 1 name, 3 i, 8 ints, 20 type (2 INT, 7 INTS).
  return typeof value === 'number'
    ? message([
        [1, text(name)],
        [3, whole(value)],
        [20, whole(2)],
      ])
    : message([[1, text(name)], ...value.map((each) => [8, whole(each)] as const), [20, whole(7)]])
}

// NodeProto: 1 input, 2 output, 4 op_type, 5 attribute.
const node = ({ type, inputs, output, attributes = {} }: OnnxNode): Field =>
  message([
    ...inputs.map((input) => [1, text(input)] as const),
    [2, text(output)],
    [4, text(type)],
    ...Object.entries(attributes).map(([name, value]) => [5, attribute(name, value)] as const),
  ])

// TensorProto: 1 dims, 2 data_type, 8 name, 9 raw_data (little endian).
function tensor({ name, dims, values }: OnnxTensor): Field {
  const raw = Buffer.alloc(values.length * 4)
  for (const [at, value] of values.entries()) raw.writeFloatLE(value, at * 4)
  return message([...dims.map((dim) => [1, whole(dim)] as const), [2, whole(FLOAT)], [8, text(name)], [9, bytes(raw)]])
}

// ValueInfoProto: 1 name, 2 type; TypeProto: 1 tensor_type; its fields: 1 elem_type, 2 shape; a dim: 1 value, 2 name.
const value = (name: string, type: number, dims: readonly (number | string)[]): Field =>
  message([
    [1, text(name)],
    [
      2,
      message([
        [
          1,
          message([
            [1, whole(type)],
            [
              2,
              message(
                dims.map((dim) => [1, message([typeof dim === 'number' ? [1, whole(dim)] : [2, text(dim)]])] as const),
              ),
            ],
          ]),
        ],
      ]),
    ],
  ])

/** The bytes of a model.onnx (IR version 6, operators of opset 11). */
export function onnxModel({ inputs, output, constants, nodes }: OnnxGraph): Buffer {
  // GraphProto: 1 node, 2 name, 5 initializer, 11 input, 12 output. ModelProto: 1 ir_version, 7 graph, 8 opset_import.
  const graph = message([
    ...nodes.map((each) => [1, node(each)] as const),
    [2, text('tiny')],
    ...constants.map((each) => [5, tensor(each)] as const),
    ...inputs.map((name) => [11, value(name, INT64, ['batch', 'tokens'])] as const),
    [12, value(output.name, FLOAT, ['batch', output.columns])],
  ])
  return encode([
    [1, whole(6)],
    [7, graph],
    [
      8,
      message([
        [1, text('')],
        [2, whole(11)],
      ]),
    ],
  ])
}
