// The inner loops of BM25, in AssemblyScript: `npm run build` makes dist/store/scores.wasm of this file, with 128-bit
// vector instructions. Scores are 64-bit floats by row, in blocks of 64, from the memory's beginning on;
// src/store/score-memory.ts says where the rest stands. No function checks its input.

const WORD: usize = 4
const DOUBLE: usize = 8
const BLOCK: usize = 64
/** Rows whose codes stand together. */
const SPAN: usize = 2048

/** Where the scores end. */
let end: usize = 0

/** Makes the scores of so many blocks zero, and what is added from then on goes to these. */
export function clear(blocks: i32): void {
  const zero = f64x2.splat(0)
  end = <usize>blocks * BLOCK * DOUBLE
  for (let at: usize = 0; at < end; at += 4 * DOUBLE) {
    v128.store(at, zero)
    v128.store(at, zero, 16)
  }
}

/**
 * Adds what a list has for its rows, span by span. A code is a row's place in its span and, above that, the number of its
 * value; the codes of each span begin at its start and end at the next one's.
 */
export function add(codes: usize, starts: usize, values: usize): void {
  let at = codes
  for (let scores: usize = 0; scores < end; scores += SPAN * DOUBLE) {
    starts += WORD
    for (const next = codes + <usize>load<u32>(starts) * WORD; at < next; at += WORD) {
      const code = <usize>load<u32>(at)
      const score = scores + (code & (SPAN - 1)) * DOUBLE
      store<f64>(score, load<f64>(score) + load<f64>(values + (code / SPAN) * DOUBLE))
    }
  }
}

/** Adds to the score of each row the value whose 16-bit number it has. */
export function addByRow(codes: usize, values: usize): void {
  for (let at: usize = 0; at < end; at += 4 * DOUBLE) {
    const one = load<f64>(values + <usize>load<u16>(codes) * DOUBLE)
    const two = load<f64>(values + <usize>load<u16>(codes, 2) * DOUBLE)
    const three = load<f64>(values + <usize>load<u16>(codes, 4) * DOUBLE)
    const four = load<f64>(values + <usize>load<u16>(codes, 6) * DOUBLE)
    store<f64>(at, load<f64>(at) + one)
    store<f64>(at, load<f64>(at, 8) + two, 8)
    store<f64>(at, load<f64>(at, 16) + three, 16)
    store<f64>(at, load<f64>(at, 24) + four, 24)
    codes += 8
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
