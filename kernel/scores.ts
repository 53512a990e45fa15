// The inner loops of BM25, in AssemblyScript: `npm run build` makes dist/store/scores.wasm of this file, with 128-bit
// vector instructions. Scores are 64-bit floats by row, in blocks of 64, from the memory's beginning on;
// src/store/score-memory.ts says where the rest stands. No function checks its input.

const WORD: usize = 4
const DOUBLE: usize = 8
const BLOCK: usize = 64

/** Makes the scores of so many blocks zero. */
export function clear(blocks: i32): void {
  const zero = f64x2.splat(0)
  const end = <usize>blocks * BLOCK * DOUBLE
  for (let at: usize = 0; at < end; at += 4 * DOUBLE) {
    v128.store(at, zero)
    v128.store(at, zero, 16)
  }
}

/** Adds each of `count` values to the score of its row. No row is listed twice. */
export function add(rows: usize, values: usize, count: i32): void {
  const end = rows + <usize>(count & ~1) * WORD
  while (rows < end) {
    const one = <usize>load<u32>(rows) * DOUBLE
    const two = <usize>load<u32>(rows, 4) * DOUBLE
    store<f64>(one, load<f64>(one) + load<f64>(values))
    store<f64>(two, load<f64>(two) + load<f64>(values, 8))
    rows += 2 * WORD
    values += 2 * DOUBLE
  }
  if (count & 1) {
    const last = <usize>load<u32>(rows) * DOUBLE
    store<f64>(last, load<f64>(last) + load<f64>(values))
  }
}

/** Writes the highest score of each of so many blocks, and returns how many scores are not zero. */
export function survey(highest: usize, blocks: i32): i32 {
  const zero = f64x2.splat(0)
  let scores: usize = 0
  let scored = i64x2.splat(0)
  for (const end = highest + <usize>blocks * DOUBLE; highest < end; highest += DOUBLE) {
    let left = zero
    let right = zero
    for (const next = scores + BLOCK * DOUBLE; scores < next; scores += 4 * DOUBLE) {
      const one = v128.load(scores)
      const two = v128.load(scores, 16)
      left = f64x2.pmax(left, one)
      right = f64x2.pmax(right, two)
      scored = i64x2.sub(scored, i64x2.add(f64x2.ne(one, zero), f64x2.ne(two, zero)))
    }
    const both = f64x2.pmax(left, right)
    store<f64>(highest, max<f64>(f64x2.extract_lane(both, 0), f64x2.extract_lane(both, 1)))
  }
  return <i32>(i64x2.extract_lane(scored, 0) + i64x2.extract_lane(scored, 1))
}
