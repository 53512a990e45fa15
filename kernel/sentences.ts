// The inner loop of the search among sentence vectors, in AssemblyScript: `npm run build` makes dist/store/sentences.wasm
// of this file, with 128-bit vector instructions. An instance works on one memory; src/store/sentence-memory.ts says where
// things stand in it. No function checks its input.

/** Where the vector that rows are compared with stands, its two parts of 16 bits a component, and what rows came to. */
const vector: usize = 0
let high: usize = 0
let low: usize = 0
/** Where it is written what the steps of the two parts stand for: native code that compares in this memory reads it. */
let scales: usize = 0
let values: usize = 0
/** Where the first row begins and how long each is: the components filled up with zeros, and behind them the length. */
let firstRow: usize = 0
let stride: usize = 0
/** Components of a row, a multiple of 16. */
let padded: usize = 0
/** What the steps of the vector's two parts stand for. */
let highScale: f64 = 0
let lowScale: f64 = 0

const HALF: usize = 2
const WORD: usize = 4
const DOUBLE: usize = 8

export function open(components: i32, firstValue: i32, first: i32): void {
  padded = <usize>components
  high = vector + padded * WORD
  low = high + padded * HALF
  scales = low + padded * HALF
  values = <usize>firstValue
  firstRow = <usize>first
  stride = padded + 16
}

/** Works out the Euclidean lengths of `count` rows from one on. */
export function measure(row: i32, count: i32): void {
  for (let each: i32 = 0; each < count; each += 1) {
    const start = firstRow + <usize>(row + each) * stride
    let sum = i32x4.splat(0)
    for (let at: usize = 0; at < padded; at += 8) {
      const eight = v128.load_ext<i8>(start + at)
      sum = i32x4.add(sum, i32x4.dot_i16x8_s(eight, eight))
    }
    store<f32>(start + padded, <f32>sqrt<f64>(<f64>wholeOf(sum)))
  }
}

function wholeOf(lanes: v128): i32 {
  const left = i32x4.extract_lane(lanes, 0) + i32x4.extract_lane(lanes, 1)
  return left + (i32x4.extract_lane(lanes, 2) + i32x4.extract_lane(lanes, 3))
}

/**
 * Takes the vector apart into two integers of 16 bits a component, the second for what the first leaves: together they
 * are as good as a 32-bit float, and sums of their products are exact. `most` is the largest step whose sums do not
 * leave 32 bits.
 */
export function aim(most: i32): void {
  let four = f32x4.splat(0)
  for (let at: usize = 0; at < padded; at += 4) four = f32x4.max(four, f32x4.abs(v128.load(vector + at * WORD)))
  const left = max<f32>(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1))
  const largest = <f64>max<f32>(left, max<f32>(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)))
  highScale = largest > 0 ? largest / <f64>most : 1
  lowScale = highScale / 2 / <f64>most
  store<f64>(scales, highScale)
  store<f64>(scales, lowScale, DOUBLE)
  const highs = f64x2.splat(highScale)
  const lows = f64x2.splat(lowScale)
  for (let at: usize = 0; at < padded; at += 2) {
    const two = f64x2.promote_low_f32x4(v128.load64_zero(vector + at * WORD))
    const steps = f64x2.nearest(f64x2.div(two, highs))
    const rest = f64x2.nearest(f64x2.div(f64x2.sub(two, f64x2.mul(steps, highs)), lows))
    storeTwo(high + at * HALF, steps)
    storeTwo(low + at * HALF, rest)
  }
}

/** Writes two whole numbers as integers of 16 bits. */
function storeTwo(place: usize, numbers: v128): void {
  const wide = i32x4.trunc_sat_f64x2_s_zero(numbers)
  store<i32>(place, i32x4.extract_lane(v128.narrow<i32>(wide, wide), 0))
}

function cosineOf(row: usize, highs: v128, lows: v128): f64 {
  const product = <f64>wholeOf(highs) * highScale + <f64>wholeOf(lows) * lowScale
  const norm = <f64>load<f32>(row + padded)
  // Rounding may carry a cosine past 1.
  return norm > 0 ? min<f64>(1, max<f64>(-1, product / norm)) : -1
}

/**
 * The cosine similarity of the vector, of length 1, to each of `count` rows from one on; -1 to one without length. Two
 * rows at a time share the loads of the vector; an odd last one is its own partner.
 */
export function compare(row: i32, count: i32): void {
  for (let each: i32 = 0; each < count; each += 2) {
    const other = each + 1 < count ? each + 1 : each
    const one = firstRow + <usize>(row + each) * stride
    const two = firstRow + <usize>(row + other) * stride
    let a = i32x4.splat(0)
    let b = i32x4.splat(0)
    let c = i32x4.splat(0)
    let d = i32x4.splat(0)
    for (let at: usize = 0; at < padded; at += 16) {
      const to = at << 1
      let highs = v128.load(high + to)
      let lows = v128.load(low + to)
      let left = v128.load_ext<i8>(one + at)
      let right = v128.load_ext<i8>(two + at)
      a = i32x4.add(a, i32x4.dot_i16x8_s(left, highs))
      b = i32x4.add(b, i32x4.dot_i16x8_s(left, lows))
      c = i32x4.add(c, i32x4.dot_i16x8_s(right, highs))
      d = i32x4.add(d, i32x4.dot_i16x8_s(right, lows))
      highs = v128.load(high + to, 16)
      lows = v128.load(low + to, 16)
      left = v128.load_ext<i8>(one + at, 8)
      right = v128.load_ext<i8>(two + at, 8)
      a = i32x4.add(a, i32x4.dot_i16x8_s(left, highs))
      b = i32x4.add(b, i32x4.dot_i16x8_s(left, lows))
      c = i32x4.add(c, i32x4.dot_i16x8_s(right, highs))
      d = i32x4.add(d, i32x4.dot_i16x8_s(right, lows))
    }
    store<f64>(values + <usize>each * DOUBLE, cosineOf(one, a, b))
    store<f64>(values + <usize>other * DOUBLE, cosineOf(two, c, d))
  }
}
