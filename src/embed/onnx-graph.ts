import { type Field, fieldsOf } from './protobuf.ts'

// Field numbers of onnx.proto.
export const GRAPH = 7
export const NODE = 1
export const INPUT = 1
const INITIALIZER = 5
const GRAPH_OUTPUT = 12
const VALUE_NAME = 1
const [OUTPUT, OP_TYPE, ATTRIBUTE] = [2, 4, 5]
const [ATTRIBUTE_NAME, ATTRIBUTE_INT, ATTRIBUTE_TENSOR, ATTRIBUTE_INTS] = [1, 3, 5, 8]
const [DIMS, DATA_TYPE, FLOAT_DATA, INT32_DATA, TENSOR_NAME, RAW_DATA] = [1, 2, 4, 5, 8, 9]

/** Number formats of tensors. */
export const FLOAT = 1
export const UINT8 = 2
export const INT8 = 3
export const INT64 = 7

export interface Node {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly fields: readonly Field[]
}

/** A tensor's fields, as the file has them. */
export type Tensor = readonly Field[]

const textOf = ({ body }: Field): string => Buffer.from(body).toString()

export function parseNode(field: Field): Node {
  const fields = [...fieldsOf(field.body)]
  const texts = (number: number) => fields.filter((each) => each.number === number).map(textOf)
  return { op: texts(OP_TYPE)[0] ?? '', inputs: texts(INPUT), outputs: texts(OUTPUT), fields }
}

/** Tensors by their names: the trained ones, and those that nodes of kind Constant hold. */
export function constantsOf(fields: readonly Field[], nodes: readonly Node[]): ReadonlyMap<string, Tensor> {
  const constants = new Map<string, Tensor>()
  for (const { number, body } of fields) {
    if (number !== INITIALIZER) continue
    const tensor = [...fieldsOf(body)]
    constants.set(tensor.filter((field) => field.number === TENSOR_NAME).map(textOf)[0] ?? '', tensor)
  }
  for (const { op, outputs, fields: parts } of nodes) {
    const attribute = op === 'Constant' ? parts.find(({ number }) => number === ATTRIBUTE) : undefined
    const tensor = attribute && [...fieldsOf(attribute.body)].find(({ number }) => number === ATTRIBUTE_TENSOR)
    if (tensor) constants.set(outputs[0] ?? '', [...fieldsOf(tensor.body)])
  }
  return constants
}

/** What the graph gives back, by name. */
export const outputsOf = (fields: readonly Field[]): readonly string[] =>
  fields
    .filter(({ number }) => number === GRAPH_OUTPUT)
    .flatMap(({ body }) => [...fieldsOf(body)].filter(({ number }) => number === VALUE_NAME).map(textOf))

/** Whole numbers of a node's attribute; empty where it has none of this name. */
export function attributeOf({ fields }: Node, name: string): readonly number[] {
  const attributes = fields.filter(({ number }) => number === ATTRIBUTE).map(({ body }) => [...fieldsOf(body)])
  const found = attributes.find((parts) =>
    parts.some((part) => part.number === ATTRIBUTE_NAME && textOf(part) === name),
  )
  return (found ?? [])
    .filter(({ number }) => number === ATTRIBUTE_INT || number === ATTRIBUTE_INTS)
    .map(({ value }) => value)
}

const bytesOf = (tensor: Tensor, numbers: readonly number[]): Uint8Array | undefined =>
  tensor.find(({ number }) => numbers.includes(number))?.body

const isOfType = (tensor: Tensor, type: number): boolean =>
  tensor.some(({ number, value }) => number === DATA_TYPE && value === type)

export const dimsOf = (tensor: Tensor): readonly number[] =>
  tensor.filter(({ number }) => number === DIMS).map(({ value }) => value)

/** The bytes of a tensor of this number format as the file has them; undefined where it has others. */
export const rawOf = (tensor: Tensor | undefined, type: number): Uint8Array | undefined =>
  tensor && isOfType(tensor, type) ? bytesOf(tensor, [RAW_DATA]) : undefined

/** Numbers of a tensor of 32-bit floats. */
export function floatsOf(tensor: Tensor | undefined): Float32Array | undefined {
  const bytes = tensor && isOfType(tensor, FLOAT) ? bytesOf(tensor, [RAW_DATA, FLOAT_DATA]) : undefined
  if (!bytes || bytes.length % 4 !== 0) return undefined
  // A copy: those in the file lie at any place, and floats may not.
  return new Float32Array(Uint8Array.from(bytes).buffer)
}

/** The value of a tensor of one 32-bit float; NaN where it is anything else. */
export function scalarOf(tensor: Tensor | undefined): number {
  const values = floatsOf(tensor)
  return values?.length === 1 ? (values[0] ?? Number.NaN) : Number.NaN
}

/** The value of a tensor of one eight-bit number, which the file keeps as bytes or as a varint. */
export function byteOf(tensor: Tensor | undefined): number {
  const raw = rawOf(tensor, UINT8)
  if (raw) return raw.length === 1 ? (raw[0] ?? Number.NaN) : Number.NaN
  const [low = Number.NaN, high = 0, ...more] =
    (tensor && isOfType(tensor, UINT8) && bytesOf(tensor, [INT32_DATA])) || []
  return more.length === 0 && low < 256 ? (low % 128) + high * 128 : Number.NaN
}

/** False also where the numbers lie in another file. */
export const isAllZero = (tensor: Tensor | undefined): boolean =>
  (tensor && bytesOf(tensor, [RAW_DATA, INT32_DATA]))?.every((byte) => byte === 0) ?? false
