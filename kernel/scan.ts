// The inner loops of an exact search, in AssemblyScript: `npm run build` makes dist/ann/kernel.wasm of this file, with
// 128-bit vector instructions. An instance works on one memory, either the vectors (32-bit floats) or their codes (8-bit
// integers), and on one slot at the memory's front, where it is given rows and leaves results; src/ann/vector-memory.ts
// says where things stand. No function checks its input.

/** Where the slot's query, its list of rows, the rows it found and their values begin. */
let query: usize = 0
let rows: usize = 0
let found: usize = 0
let values: usize = 0
/** Components of a vector; codes are filled up with zeros to a multiple of 16. */
let dimension: usize = 0
let padded: usize = 0
/** Where the first row of codes begins, and how long each is. */
let firstCode: usize = 0
let codeStride: usize = 0
/** What turns the query's 16-bit integers into numbers, and by how much a similarity may be above that of the codes. */
let queryScale: f32 = 0
let reach: f32 = 0
let slack: f32 = 0

/** Row numbers and values are 4 bytes each. */
const WORD: usize = 4
/** Behind each row of codes: its scale, its error and its length. */
const CODE_ERROR: usize = 4
const CODE_NORM: usize = 8

export function open(components: i32, slot: i32, block: i32): void {
  dimension = <usize>components
  padded = (dimension + 15) & ~15
  query = <usize>slot
  rows = query + padded * WORD
  found = rows + <usize>block * WORD
  values = found + <usize>block * WORD
}

export function openCodes(first: i32, stride: i32): void {
  firstCode = <usize>first
  codeStride = <usize>stride
}

/** `perError` is the most that a row's error, `perLength` the most that its length can add to its similarity. */
export function aim(scale: f32, perError: f32, perLength: f32): void {
  queryScale = scale
  reach = perError
  slack = perLength
}

function rowAt(at: i32): usize {
  return <usize>load<u32>(rows + <usize>at * WORD)
}

function sumOf(lanes: v128): f32 {
  const low = f32x4.extract_lane(lanes, 0) + f32x4.extract_lane(lanes, 1)
  return low + (f32x4.extract_lane(lanes, 2) + f32x4.extract_lane(lanes, 3))
}

function wholeOf(lanes: v128): f32 {
  const low = i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1)
  return <f32>(low + (i32x4.extract_lane(lanes, 2) + i32x4.extract_lane(lanes, 3)))
}

/** What is left of a dot product behind the last eight components. */
function rest(vector: usize): f32 {
  let sum: f32 = 0
  for (let at = (dimension & ~7) * WORD; at < dimension * WORD; at += WORD) {
    sum += load<f32>(query + at) * load<f32>(vector + at)
  }
  return sum
}

/**
 * The dot product of the query and each of `count` rows, rounded up to four: four rows at a time share the query's
 * loads, and their reads from memory do not wait for each other. Eight sums a row, always added in the same order.
 */
export function similarities(count: i32): void {
  const stride = dimension * WORD
  const end = (dimension & ~7) * WORD
  for (let at: i32 = 0; at < count; at += 4) {
    const one = rowAt(at) * stride
    const two = rowAt(at + 1) * stride
    const three = rowAt(at + 2) * stride
    const four = rowAt(at + 3) * stride
    let a = f32x4.splat(0)
    let b = f32x4.splat(0)
    let c = f32x4.splat(0)
    let d = f32x4.splat(0)
    let e = f32x4.splat(0)
    let f = f32x4.splat(0)
    let g = f32x4.splat(0)
    let h = f32x4.splat(0)
    for (let to: usize = 0; to < end; to += 32) {
      const left = v128.load(query + to)
      const right = v128.load(query + to, 16)
      a = f32x4.add(a, f32x4.mul(left, v128.load(one + to)))
      b = f32x4.add(b, f32x4.mul(right, v128.load(one + to, 16)))
      c = f32x4.add(c, f32x4.mul(left, v128.load(two + to)))
      d = f32x4.add(d, f32x4.mul(right, v128.load(two + to, 16)))
      e = f32x4.add(e, f32x4.mul(left, v128.load(three + to)))
      f = f32x4.add(f, f32x4.mul(right, v128.load(three + to, 16)))
      g = f32x4.add(g, f32x4.mul(left, v128.load(four + to)))
      h = f32x4.add(h, f32x4.mul(right, v128.load(four + to, 16)))
    }
    const to = values + <usize>at * WORD
    store<f32>(to, sumOf(f32x4.add(a, b)) + rest(one))
    store<f32>(to, sumOf(f32x4.add(c, d)) + rest(two), 4)
    store<f32>(to, sumOf(f32x4.add(e, f)) + rest(three), 8)
    store<f32>(to, sumOf(f32x4.add(g, h)) + rest(four), 12)
  }
}

/** No dot product of the query and the row's vector is above this. */
function highest(code: usize, lanes: v128): f32 {
  const end = code + padded
  const near = wholeOf(lanes) * (queryScale * load<f32>(end))
  return near + reach * load<f32>(end, CODE_ERROR) + slack * load<f32>(end, CODE_NORM)
}

/** Lists those of `count` rows, a multiple of four, whose similarity may be `least` or more, and returns how many. */
export function candidates(count: i32, least: f32): i32 {
  let listed = found
  for (let at: i32 = 0; at < count; at += 4) {
    const one = firstCode + rowAt(at) * codeStride
    const two = firstCode + rowAt(at + 1) * codeStride
    const three = firstCode + rowAt(at + 2) * codeStride
    const four = firstCode + rowAt(at + 3) * codeStride
    let a = i32x4.splat(0)
    let b = i32x4.splat(0)
    let c = i32x4.splat(0)
    let d = i32x4.splat(0)
    for (let to: usize = 0; to < padded; to += 16) {
      const left = v128.load(query + (to << 1))
      const right = v128.load(query + (to << 1), 16)
      a = i32x4.add(a, i32x4.dot_i16x8_s(left, v128.load_ext<i8>(one + to)))
      b = i32x4.add(b, i32x4.dot_i16x8_s(left, v128.load_ext<i8>(two + to)))
      c = i32x4.add(c, i32x4.dot_i16x8_s(left, v128.load_ext<i8>(three + to)))
      d = i32x4.add(d, i32x4.dot_i16x8_s(left, v128.load_ext<i8>(four + to)))
      a = i32x4.add(a, i32x4.dot_i16x8_s(right, v128.load_ext<i8>(one + to, 8)))
      b = i32x4.add(b, i32x4.dot_i16x8_s(right, v128.load_ext<i8>(two + to, 8)))
      c = i32x4.add(c, i32x4.dot_i16x8_s(right, v128.load_ext<i8>(three + to, 8)))
      d = i32x4.add(d, i32x4.dot_i16x8_s(right, v128.load_ext<i8>(four + to, 8)))
    }
    // Stored in any case and overwritten by the next one where it is too far: no branch to foresee.
    store<u32>(listed, <u32>rowAt(at))
    listed += highest(one, a) >= least ? WORD : 0
    store<u32>(listed, <u32>rowAt(at + 1))
    listed += highest(two, b) >= least ? WORD : 0
    store<u32>(listed, <u32>rowAt(at + 2))
    listed += highest(three, c) >= least ? WORD : 0
    store<u32>(listed, <u32>rowAt(at + 3))
    listed += highest(four, d) >= least ? WORD : 0
  }
  return <i32>((listed - found) / WORD)
}

/**
 * Writes the codes of a vector, which stands where the query does: scaled so that its largest component becomes 127,
 * and rounded. With them their scale, how far what they stand for is from the vector, and how long it is.
 */
export function encode(row: i32): void {
  const code = firstCode + <usize>row * codeStride
  let largest: f32 = 0
  for (let at: usize = 0; at < dimension; at += 1) {
    largest = max<f32>(largest, abs<f32>(load<f32>(query + at * WORD)))
  }
  const scale = largest / 127
  const inverse: f32 = largest > 0 ? 127 / largest : 0
  let error: f32 = 0
  let norm: f32 = 0
  for (let at: usize = 0; at < dimension; at += 1) {
    const value = load<f32>(query + at * WORD)
    const rounded = nearest<f32>(value * inverse)
    store<i8>(code + at, <i8>rounded)
    const meant = rounded * scale
    error += (value - meant) * (value - meant)
    norm += meant * meant
  }
  store<f32>(code + padded, scale)
  store<f32>(code + padded, sqrt<f32>(error), CODE_ERROR)
  store<f32>(code + padded, sqrt<f32>(norm), CODE_NORM)
}
