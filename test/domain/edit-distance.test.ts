import { describe, expect, it } from 'vitest'
import { editDistance } from '../../src/domain/edit-distance.ts'
import { createRandom, pick } from '../support/random.ts'

/** The definition, without bounds. */
function plainDistance(a: string, b: string): number {
  const d = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i + j))
  const of = (i: number, j: number): number => d[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i += 1) {
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const ways = [of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + same]
      const row = d[i]
      if (row) row[j] = Math.min(...ways, swapped ? of(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY)
    }
  }
  return of(a.length, b.length)
}

describe('editDistance', () => {
  it.each([
    ['otter', 'otter', 0],
    ['oter', 'otter', 1],
    ['ottter', 'otter', 1],
    ['oster', 'otter', 1],
    ['otetr', 'otter', 1],
    ['', 'ab', 2],
  ])('of %s and %s is %i', (a, b, distance) => {
    expect(editDistance(a, b, 2)).toBe(distance)
    expect(editDistance(b, a, 2)).toBe(distance)
  })

  it('is the limit and one where there are more edits, also for endless words', () => {
    expect(editDistance('glacier', 'otter', 2)).toBe(3)
    expect(editDistance('x'.repeat(9_999), 'x'.repeat(9_998), 2)).toBe(3)
  })

  it('agrees with the plain definition on 2,000 seeded pairs', () => {
    const random = createRandom(3)
    const word = () => Array.from({ length: Math.floor(random() * 8) }, () => pick(random, ['a', 'b', 'c'])).join('')
    for (let round = 0; round < 2_000; round += 1) {
      const [a, b, limit] = [word(), word(), Math.floor(random() * 4)]
      expect(editDistance(a, b, limit)).toBe(Math.min(plainDistance(a, b), limit + 1))
    }
  })
})
