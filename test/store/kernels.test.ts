import { describe, expect, it } from 'vitest'
import { Scanner } from '../../src/ann/scanner.ts'
import { VectorMemory } from '../../src/ann/vector-memory.ts'
import { nativeKernels } from '../../src/disk/native-kernels.ts'
import { quantise } from '../../src/domain/quantise.ts'
import { ScoreMemory } from '../../src/store/score-memory.ts'
import { SentenceMemory } from '../../src/store/sentence-memory.ts'
import { createRandom, randomVector } from '../support/random.ts'

// Where the machine has no native ones, the others are compared with themselves.
const KERNELS = [
  ['WebAssembly', null],
  ['native', nativeKernels],
] as const

const random = createRandom(11)
const whole = (below: number): number => Math.floor(random() * below)
const listOf = <T>(length: number, each: (at: number) => T): T[] => Array.from({ length }, (_, at) => each(at))

function cosine(one: Float32Array, codes: Int8Array): number {
  let [sum, squares] = [0, 0]
  for (const [at, code] of codes.entries()) {
    sum += (one[at] ?? 0) * code
    squares += code * code
  }
  return sum / Math.sqrt(squares)
}

function sentenceMemory(native: typeof nativeKernels, rows: readonly Int8Array[]): SentenceMemory {
  const memory = new SentenceMemory(rows[0]?.length ?? 0, rows.length, native)
  memory.write(0, Int8Array.from(rows.flatMap((row) => [...row])))
  return memory
}

describe.each(KERNELS)('sentences in %s', (_, native) => {
  it.each([1, 8, 16, 30, 33, 48, 384, 1_024])('of %i components have the cosines of double precision', (dimension) => {
    const rows = listOf(300, () => quantise(randomVector(random, dimension)))
    const memory = sentenceMemory(native, rows)
    const other = sentenceMemory(null, rows)
    for (let round = 0; round < 20; round += 1) {
      const query = randomVector(random, dimension)
      const sets = listOf(1 + whole(12), () => [whole(172), whole(round % 2 ? 129 : 4)])
      const given = Uint32Array.from(sets.flat())
      const wanted = sets.flatMap(([row = 0, count = 0]) => rows.slice(row, row + count))
      const [values, others] = [new Float64Array(wanted.length), new Float64Array(wanted.length)]
      for (const [each, into] of [[memory, values] as const, [other, others] as const]) {
        each.aim(query)
        each.compare(given, into)
      }
      expect(values).toEqual(others)
      wanted.forEach((row, at) => {
        expect(values[at]).toBeCloseTo(cosine(query, row), 6)
      })
    }
  })

  it('add up the largest products', () => {
    const dimension = 1_024
    const rows = [new Int8Array(dimension).fill(-128), new Int8Array(dimension).fill(127), new Int8Array(dimension)]
    const memory = sentenceMemory(native, rows)
    const values = new Float64Array(3)
    memory.aim(new Float32Array(dimension).fill(1 / 32))
    memory.compare(Uint32Array.of(0, 3), values)
    expect([...values].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([-1, 1, -1])
  })
})

describe.each(KERNELS)('scores in %s', (_, native) => {
  /** Adds up lists here and there. */
  function addUp(memory: ScoreMemory, rows: number): number[] {
    const sums = listOf(rows, () => 0)
    const lists = listOf(1 + whole(5), (at) => {
      // Some that list few rows, and some that have a number for every row.
      const share = at % 2 ? 0.1 : 0.9
      const listed = Uint32Array.from(sums.flatMap((_sum, row) => (random() < share ? [row] : [])))
      // Few different values, so that there are ties.
      const values = [1 / 7, 2 / 7, 3 / 7]
      const numbers = listed.map(() => whole(3))
      return { rows: listed, numbers, values }
    })
    memory.sum(lists.map((list) => memory.keep(list)))
    for (const { rows: listed, numbers, values } of lists) {
      for (let at = 0; at < listed.length; at += 1) {
        const row = listed[at] as number
        sums[row] = (sums[row] as number) + (values[numbers[at] as number] as number)
      }
    }
    return sums
  }

  const bestOf = (scores: readonly number[], limit: number) =>
    scores
      .map((score, row) => ({ score, row }))
      .filter(({ score }) => score > 0)
      .sort((one, other) => other.score - one.score || one.row - other.row)
      .slice(0, limit)

  it.each([1, 63, 64, 65, 1_000, 6_000])('of %i rows are added up in order, and the best are found', (rows) => {
    const memory = new ScoreMemory(native)
    for (const limit of [0, 1, 10, 100, rows + 1]) {
      memory.reset(rows)
      const sums = addUp(memory, rows)
      expect([...memory.scores.subarray(0, rows)]).toEqual(sums)
      const found = memory.best(limit)
      const scored = Array.from({ length: rows }, () => 0)
      for (let at = 0; at < found.count; at += 1) scored[found.rows[at] as number] = found.scores[at] as number
      expect(bestOf(scored, limit)).toEqual(bestOf(sums, limit))
      expect(found.total).toBe(sums.filter((sum) => sum > 0).length)
      // All that are as good as the last.
      const last = bestOf(sums, limit).at(-1)?.score ?? Number.POSITIVE_INFINITY
      expect(scored.filter((score) => score === last)).toHaveLength(sums.filter((sum) => sum === last).length)
    }
  })
})

describe.each(KERNELS)('similarities in %s', (_, native) => {
  it.each([1, 7, 8, 12, 100, 384])('of %i components have the bits of the scan', (dimension) => {
    const memory = new VectorMemory(dimension, 700)
    const shared = { ...memory, dimension }
    const [scanner, other] = [new Scanner(shared, 0, native), new Scanner(shared, 1, null)]
    const first = memory.layout.firstRow
    const vectors = listOf(700, () => randomVector(random, dimension))
    const values = new Float32Array(memory.vectors.buffer)
    vectors.forEach((vector, at) => {
      values.set(vector, (first + at) * dimension)
    })
    for (const count of [0, 1, 2, 3, 4, 5, 9, 600]) {
      const query = randomVector(random, dimension)
      const rows = Uint32Array.from({ length: count }, () => first + whole(700))
      const found = scanner.similarities(query, rows)
      expect(found).toEqual(other.similarities(query, rows))
      found.forEach((value, at) => {
        const vector = vectors[(rows[at] as number) - first] ?? []
        expect(value).toBeCloseTo(
          [...vector].reduce((sum, each, place) => sum + each * (query[place] ?? 0), 0),
          5,
        )
      })
    }
  })
})

describe.skipIf(!nativeKernels)('native kernels', () => {
  const kernels = nativeKernels
  const memory = new Uint8Array(65_536)

  it('refuse what lies beyond the memory, or does not fit', () => {
    const [place, sets] = [Uint32Array.of(16, 4_096), Uint32Array.of(1_900, 30)]
    expect(() => kernels?.compareSentences(memory, place, sets, new Float64Array(30))).toThrow(/beyond/)
    expect(() => kernels?.compareSentences(memory, place, Uint32Array.of(0, 3), new Float64Array(2))).toThrow(/room/)
    expect(() => kernels?.compareSentences(memory, Uint32Array.of(16, 8), sets, new Float64Array(30))).toThrow(/begin/)
    const sum = (rows: number, list: readonly number[]) =>
      kernels?.sumScores(memory, rows, Math.ceil(list.length / 5), Uint32Array.from(list))
    expect(() => sum(2_048, [1])).toThrow(/too short/)
    expect(() => sum(10_240, [])).toThrow(/beyond/)
    expect(() => sum(64, [])).toThrow(/whole/)
    expect(() => sum(2_048, [65_532, 2, 20_000, 0, 0])).toThrow(/beyond/)
    expect(() => sum(2_048, [0, 0, 65_532, 0, 0])).toThrow(/beyond/)
    expect(() => sum(2_048, [0, 0, 20_000, 65_528, 2])).toThrow(/beyond/)
    // A span that ends behind its codes, and a code without a value.
    new Uint32Array(memory.buffer, 20_000, 3).set([0, 2, 3 * 2_048])
    expect(() => sum(2_048, [20_008, 1, 20_000, 0, 9])).toThrow(/leads/)
    new Uint32Array(memory.buffer, 20_000, 2).set([0, 1])
    expect(() => sum(2_048, [20_008, 1, 20_000, 0, 3])).toThrow(/leads/)
    expect(() => sum(2_048, [20_008, 1, 20_000, 0, 4])).not.toThrow()
    // The same of lists that have a number for every row.
    expect(() => sum(2_048, [61_442, 2_048, 0, 0, 4])).toThrow(/beyond/)
    expect(() => sum(2_048, [24_000, 2_047, 0, 0, 4])).toThrow(/every row/)
    new Uint16Array(memory.buffer, 24_000, 2_048).fill(3)
    expect(() => sum(2_048, [24_000, 2_048, 0, 0, 3])).toThrow(/leads/)
    expect(() => sum(2_048, [24_000, 2_048, 0, 0, 4])).not.toThrow()
    expect(() => kernels?.bestScores(memory, 8_256, 1, new Uint32Array(9), new Float64Array(8))).toThrow(/beyond/)
    const query = new Float32Array(8)
    expect(() => kernels?.similarities(memory, query, Uint32Array.of(2_048), new Float32Array(1))).toThrow(/beyond/)
    expect(() => kernels?.similarities(memory, query, Uint32Array.of(1, 2), new Float32Array(1))).toThrow(/room/)
  })
})
