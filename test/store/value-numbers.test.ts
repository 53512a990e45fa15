import { describe, expect, it } from 'vitest'
import { ValueNumbers } from '../../src/store/value-numbers.ts'
import { createRandom } from '../support/random.ts'

const random = createRandom(5)
const whole = (below: number): number => Math.floor(random() * below)

describe('values by number', () => {
  it('are those of each posting, and computed once for each weight and length', () => {
    const numbers = new ValueNumbers()
    const lengths = Array.from({ length: 500 }, () => 90 + whole(20))
    for (let list = 0; list < 20; list += 1) {
      const rows = Uint32Array.from(lengths.keys()).filter(() => random() < 0.7)
      const weights = Float32Array.from(rows, () => 1 + whole(4))
      const addend = (weight: number, row: number) => (list + weight) / (weight + (lengths[row] ?? 0))
      const { numbers: given, values } = numbers.of({ rows, weights }, lengths, addend)
      expect([...given].map((number) => values[number])).toEqual(
        [...rows].map((row, at) => addend(weights[at] ?? 0, row)),
      )
      expect(values.length).toBeLessThanOrEqual(4 * 20)
    }
  })

  it('are each its own where a weight or a length is out of the ordinary', () => {
    const lengths = [5_000, 5_000, 10]
    const postings = { rows: Uint32Array.of(0, 1, 2), weights: Float32Array.of(1, 2, 400) }
    const { numbers, values } = new ValueNumbers().of(postings, lengths, (weight, row) => weight + row / 10)
    expect([...numbers].map((number) => values[number])).toEqual([1, 2.1, 400.2])
  })
})
