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
    const lists = listOf(1 + whole(5), () => {
      const listed = sums.flatMap((_sum, row) => (random() < 0.4 ? [row] : []))
      const list = memory.list(listed.length)
      list.rows.set(listed)
      // Few different values, so that there are ties.
      list.values.forEach((_value, at) => {
        list.values[at] = (1 + whole(3)) / 7
      })
      return list
    })
    memory.sum(lists)
    for (const { rows: listed, values } of lists) {
      for (let at = 0; at < listed.length; at += 1) {
        const row = listed[at] as number
        sums[row] = (sums[row] as number) + (values[at] as number)
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
    expect(() => kernels?.sumScores(memory, 64, Uint32Array.of(65_532, 0, 2))).toThrow(/beyond/)
    expect(() => kernels?.sumScores(memory, 9_000, new Uint32Array())).toThrow(/beyond/)
    new Uint32Array(memory.buffer)[256] = 64
    expect(() => kernels?.sumScores(memory, 64, Uint32Array.of(1_024, 2_048, 1))).toThrow(/row/)
    const larger = new Uint8Array(131_072)
    new Uint32Array(larger.buffer).set([3, 5_000, 4], 20_000)
    expect(() => kernels?.sumScores(larger, 8_192, Uint32Array.of(80_000, 90_000, 3))).toThrow(/row/)
    expect(() => kernels?.bestScores(memory, 8_256, 1, new Uint32Array(9), new Float64Array(8))).toThrow(/beyond/)
    const query = new Float32Array(8)
    expect(() => kernels?.similarities(memory, query, Uint32Array.of(2_048), new Float32Array(1))).toThrow(/beyond/)
    expect(() => kernels?.similarities(memory, query, Uint32Array.of(1, 2), new Float32Array(1))).toThrow(/room/)
  })
})
