import { describe, expect, it } from 'vitest'
import { type Found, Scanner } from '../../src/ann/scanner.ts'
import { VectorMemory } from '../../src/ann/vector-memory.ts'
import { nativeKernels } from '../../src/disk/native-kernels.ts'
import { quantise } from '../../src/domain/quantise.ts'
import { ScoreMemory } from '../../src/store/score-memory.ts'
import { type Comparison, SentenceMemory } from '../../src/store/sentence-memory.ts'
import { clusteredVectors, createRandom, randomVector } from '../support/random.ts'

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

/** For so many rows and sets. */
const room = (rows: number, sets: number, leading = 0): Comparison => ({
  values: new Float64Array(rows),
  nearest: new Float64Array(sets),
  leading,
})

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
      const [found, others] = [room(wanted.length, sets.length), room(wanted.length, sets.length)]
      for (const [each, into] of [[memory, found] as const, [other, others] as const]) {
        each.aim(query)
        each.compare(given, into)
      }
      expect(found).toEqual(others)
      wanted.forEach((row, at) => {
        expect(found.values[at]).toBeCloseTo(cosine(query, row), 6)
      })
    }
  })

  it('add up the largest products', () => {
    const dimension = 1_024
    const rows = [new Int8Array(dimension).fill(-128), new Int8Array(dimension).fill(127), new Int8Array(dimension)]
    const memory = sentenceMemory(native, rows)
    const found = room(3, 1)
    memory.aim(new Float32Array(dimension).fill(1 / 32))
    memory.compare(Uint32Array.of(0, 3), found)
    expect([...found.values].map((value) => Math.round(value * 1e9) / 1e9)).toEqual([-1, 1, -1])
  })

  it('have the nearest of each set, which the rows that lead it are not', () => {
    const memory = sentenceMemory(
      native,
      [3, 1, 2, 2, 3, 0].map((x) => Int8Array.of(x, 1)),
    )
    memory.aim(Float32Array.of(1, 0))
    const sets = Uint32Array.of(0, 4, 4, 1, 0, 0, 1, 1)
    const cosineOf = (x: number) => expect.closeTo(x / Math.hypot(x, 1), 6) as number
    const nearest = (leading: number) => {
      const found = room(6, 4, leading)
      memory.compare(sets, found)
      return [...found.nearest]
    }
    expect(nearest(0)).toEqual([cosineOf(3), cosineOf(3), Number.NaN, cosineOf(1)])
    expect(nearest(1)).toEqual([cosineOf(2), Number.NaN, Number.NaN, Number.NaN])
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

/** Over the same 700 vectors, with and without native kernels; `first` is the row of the first. */
function scanners(native: typeof nativeKernels, dimension: number) {
  const memory = new VectorMemory(dimension, 700)
  const shared = { ...memory, dimension }
  const first = memory.layout.firstRow
  const vectors = listOf(700, () => randomVector(random, dimension))
  const values = new Float32Array(memory.vectors.buffer)
  vectors.forEach((vector, at) => {
    values.set(vector, (first + at) * dimension)
  })
  return { scanner: new Scanner(shared, 0, native), other: new Scanner(shared, 1, null), first, vectors }
}

describe.each(KERNELS)('similarities in %s', (_, native) => {
  it.each([1, 7, 8, 12, 100, 384])('of %i components have the bits of the scan', (dimension) => {
    const { scanner, other, first, vectors } = scanners(native, dimension)
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

/** Rows of a memory, with codes. */
function vectorMemory(vectors: readonly Float32Array[]) {
  const dimension = vectors[0]?.length ?? 1
  const memory = new VectorMemory(dimension, vectors.length)
  const { firstRow } = memory.layout
  const shared = { ...memory, dimension }
  const scanner = new Scanner(shared, 0, null)
  const values = new Float32Array(memory.vectors.buffer)
  vectors.forEach((vector, at) => {
    values.set(vector, (firstRow + at) * dimension)
    scanner.encode(firstRow + at, vector)
  })
  const every = Uint32Array.from(vectors, (_, at) => firstRow + at)
  return { memory, shared, scanner, every }
}

/** Nearest first, by row where they are equally near. */
function listed({ rows, similarities }: Found): (readonly [row: number, similarity: number])[] {
  const pairs = [...rows].map((row, at) => [row, similarities[at] ?? Number.NaN] as const)
  return pairs.sort(([one, near], [other, nearer]) => nearer - near || one - other)
}

describe.each(KERNELS)('the nearest rows in %s', (_, native) => {
  const few = (dimension: number) => Float32Array.from({ length: dimension }, () => whole(3) - 1)
  const clouds: Readonly<Record<string, (dimension: number) => Float32Array[]>> = {
    'far from each other': (dimension) => listOf(1_400, () => randomVector(random, dimension)),
    'in heaps': (dimension) => clusteredVectors(random, { count: 1_400, dimension, clusters: 9 }),
    // Components of three values: many are equally near, more than there is room for at first.
    'of few kinds': (dimension) => listOf(1_400, () => few(dimension)),
    'all alike': (dimension) => listOf(700, () => new Float32Array(dimension).fill(dimension ** -0.5)),
    // Their codes cannot tell them apart.
    'hardly different': (dimension) => {
      const centre = randomVector(random, dimension)
      return listOf(1_400, () => centre.map((value) => value + 1e-4 * (random() - 0.5)))
    },
    'of zeros': (dimension) => listOf(100, () => new Float32Array(dimension)),
  }
  const cases = Object.keys(clouds).flatMap((name) =>
    [1, 3, 16, 17, 33, 48, 100, 384].map((size) => [name, size] as const),
  )

  it.each(cases)('are what comparing with each of them finds: vectors %s, of %i components', (name, dimension) => {
    const vectors = clouds[name]?.(dimension) ?? []
    const { shared, every } = vectorMemory(vectors)
    const [scanner, other] = [new Scanner(shared, 1, native), new Scanner(shared, 2, null)]
    for (const length of [0, 1, 2, 63, 64, 65, 67, 130, 511, 513, vectors.length]) {
      const start = whole(Math.max(1, vectors.length - length))
      const rows = every.slice(start, start + length)
      const query = (length % 2 ? vectors[whole(vectors.length)] : undefined) ?? randomVector(random, dimension)
      const all = listed({ rows, similarities: other.similarities(query, rows) })
      for (const count of [1, 2, 11, 40, rows.length, rows.length + 5]) {
        const least = all[count - 1]?.[1] ?? Number.NEGATIVE_INFINITY
        if (count % 2 === 0) scanner.expectWork()
        const found = listed(scanner.nearest(query, rows, count))
        expect(found).toEqual(all.filter(([, similarity]) => similarity >= least))
      }
    }
  })

  it('are found after the memory has grown', () => {
    const vectors = listOf(300, () => randomVector(random, 24))
    const { memory, shared, every } = vectorMemory(vectors)
    const scanner = new Scanner(shared, 1, native)
    const query = randomVector(random, 24)
    const before = listed(scanner.nearest(query, every, 5))
    memory.reserve(memory.layout.firstRow + 100_000)
    expect(listed(scanner.nearest(query, every, 5))).toEqual(before)
  })
})

describe.skipIf(!nativeKernels)('native kernels', () => {
  it('give the same bits where a second thread takes its part', () => {
    const dimension = 384
    const codes = listOf(1_500, () => quantise(randomVector(random, dimension)))
    const [memory, alone] = [sentenceMemory(nativeKernels, codes), sentenceMemory(null, codes)]
    const { scanner, other, first } = scanners(nativeKernels, dimension)
    for (let round = 0; round < 200; round += 1) {
      nativeKernels?.expectWork()
      const query = randomVector(random, dimension)
      const sets = listOf(whole(200), () => [whole(1_480), whole(20)])
      const rows = Uint32Array.from(listOf(whole(300), () => first + whole(700)))
      const count = sets.reduce((sum, [, rowsOfSet = 0]) => sum + rowsOfSet, 0)
      const [found, others] = [room(count, sets.length, round % 2), room(count, sets.length, round % 2)]
      for (const [each, into] of [[memory, found] as const, [alone, others] as const]) {
        each.aim(query)
        each.compare(Uint32Array.from(sets.flat()), into)
      }
      expect(found).toEqual(others)
      expect(scanner.similarities(query, rows)).toEqual(other.similarities(query, rows))
    }
  })

  const kernels = nativeKernels
  const memory = new Uint8Array(65_536)

  it('refuse what lies beyond the memory, or does not fit', () => {
    const [place, sets] = [Uint32Array.of(16, 4_096, 0), Uint32Array.of(1_900, 30)]
    const compare = (where: Uint32Array, given: Uint32Array, { values, nearest } = room(30, 1)) =>
      kernels?.compareSentences(memory, where, given, values, nearest)
    expect(() => compare(place, sets)).toThrow(/beyond/)
    expect(() => compare(place, Uint32Array.of(0, 3), room(2, 1))).toThrow(/room/)
    expect(() => compare(place, Uint32Array.of(0, 3), room(3, 0))).toThrow(/room/)
    expect(() => compare(Uint32Array.of(16, 8, 0), sets)).toThrow(/begin/)
    expect(() => compare(Uint32Array.of(16, 4_096), sets)).toThrow(/three/)
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

  it('refuse to look for the nearest beyond the vectors or their codes', () => {
    // 2,048 rows of vectors, and 2,046 of codes behind the first 64 bytes.
    const codes = new Uint8Array(64 + 2_046 * 32)
    const find = (place: readonly number[], row: number, query = new Float32Array(8)) => {
      const [rows, found, values] = [Uint32Array.of(5, row), new Uint32Array(2), new Float32Array(2)]
      return kernels?.nearest(memory, codes, Uint32Array.from(place), query, rows, found, values)
    }
    expect(find([64, 1], 2_045)).toBe(2)
    expect(() => find([64, 1], 2_046)).toThrow(/beyond/)
    expect(() => find([65, 1], 2_045)).toThrow(/beyond/)
    expect(() => find([0, 1], 2_048)).toThrow(/beyond/)
    expect(() => find([0, 1], 2 ** 32 - 1)).toThrow(/beyond/)
    expect(() => find([codes.length + 1, 1], 5)).toThrow(/beyond/)
    expect(() => find([2 ** 32 - 1, 1], 5)).toThrow(/beyond/)
    expect(() => find([64, 1], 5, new Float32Array(0))).toThrow(/no query/)
    expect(() => find([64], 5)).toThrow(/too short/)
    // What is no number is as far as can be.
    const rows = Uint32Array.from({ length: 2_000 }, (_, at) => at)
    const [query, many, values] = [new Float32Array(8).fill(Number.NaN), rows.slice(), new Float32Array(2_000)]
    expect(kernels?.nearest(memory, codes, Uint32Array.of(64, 3), query, rows, many, values)).toBe(2_000)
    // They are all as near, and there is no room for more than one of them.
    expect(kernels?.nearest(memory, codes, Uint32Array.of(64, 3), query, rows, many.subarray(1), values)).toBe(-1)
  })
})
