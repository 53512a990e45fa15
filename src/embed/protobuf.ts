/** A field of a protobuf message as it stands in the bytes (wire format, developers.google.com/protocol-buffers). */
export interface Field {
  readonly number: number
  /** The whole field with its tag, to be handed on as it is. */
  readonly raw: Uint8Array
  /** What a field of bytes holds: text, a message or packed numbers. Empty for other kinds. */
  readonly body: Uint8Array
  /** The value of a varint; 0 for other kinds. */
  readonly value: number
}

const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5]

/** The number at a place and where it ends; numbers over 2^53 are only passed over. */
function readVarint(bytes: Uint8Array, from: number): readonly [value: number, end: number] {
  let value = 0
  for (let at = from, unit = 1; ; at += 1, unit *= 128) {
    const byte = bytes[at]
    if (byte === undefined) throw new RangeError('a protobuf message ends within a number')
    value += (byte & 127) * unit
    if (byte < 128) return [value, at + 1]
  }
}

/** Where a field's content begins and ends. */
function extent(bytes: Uint8Array, wireType: number, at: number): readonly [start: number, end: number] {
  if (wireType === FIXED64) return [at, at + 8]
  if (wireType === FIXED32) return [at, at + 4]
  if (wireType === VARINT) return [at, readVarint(bytes, at)[1]]
  if (wireType !== BYTES) throw new RangeError('a protobuf message has a field of an unknown kind')
  const [length, start] = readVarint(bytes, at)
  return [start, start + length]
}

/** The fields of a message in their order, without a copy. Throws RangeError where the bytes are none. */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  for (let at = 0; at < bytes.length; ) {
    const [tag, behindTag] = readVarint(bytes, at)
    const wireType = tag % 8
    const [start, end] = extent(bytes, wireType, behindTag)
    if (end > bytes.length) throw new RangeError('a protobuf message ends within a field')
    const body = wireType === BYTES ? bytes.subarray(start, end) : new Uint8Array()
    const value = wireType === VARINT ? readVarint(bytes, start)[0] : 0
    yield { number: Math.floor(tag / 8), raw: bytes.subarray(at, end), body, value }
    at = end
  }
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) + 128)
  }
}

/** A field of bytes. */
export const encodeField = (number: number, body: Uint8Array): Uint8Array =>
  Buffer.concat([Uint8Array.from([...varint(number * 8 + BYTES), ...varint(body.length)]), body])
