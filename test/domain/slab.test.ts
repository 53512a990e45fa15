import { describe, expect, it } from 'vitest'
import { Slab } from '../../src/domain/slab.ts'
import { createRandom } from '../support/random.ts'

describe('a slab', () => {
  it('gives arrays that are zero and that no other one overlaps, however long they are', () => {
    const random = createRandom(9)
    const slab = new Slab()
    const given = Array.from({ length: 2_000 }, (_, at) => {
      const length = at % 500 === 7 ? 100_000 : Math.floor(random() * 300)
      const kind = (['uint32', 'float32', 'float64'] as const)[at % 3] ?? 'uint32'
      const array = slab[kind](length)
      expect(array).toHaveLength(length)
      expect(array.every((value) => value === 0)).toBe(true)
      return array.fill(at)
    })
    for (const [at, array] of given.entries()) expect(array.every((value) => value === at)).toBe(true)
  })
})
