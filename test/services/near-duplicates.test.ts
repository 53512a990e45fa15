import { describe, expect, it } from 'vitest'
import { collapseNearDuplicates, NEAR_DUPLICATE } from '../../src/services/near-duplicates.ts'

const angle = (key: number, degrees: number) => {
  const radians = (degrees * Math.PI) / 180
  return { key, vector: Float32Array.of(Math.cos(radians), Math.sin(radians)) }
}

describe('collapseNearDuplicates', () => {
  it('keeps the best ranked and names the others', () => {
    const survivors = collapseNearDuplicates([angle(1, 0), angle(2, 90), angle(3, 5), angle(4, 2), angle(5, 88)])
    expect(survivors.map(({ item, collapsed }) => [item.key, collapsed])).toEqual([
      [1, [3, 4]],
      [2, [5]],
    ])
  })

  it('compares with survivors only, so that a chain does not collapse into one', () => {
    const step = (Math.acos(NEAR_DUPLICATE) * 180) / Math.PI - 0.1
    const survivors = collapseNearDuplicates([angle(1, 0), angle(2, step), angle(3, 2 * step)])
    expect(survivors.map(({ item }) => item.key)).toEqual([1, 3])
  })

  it('collapses at the threshold, not below', () => {
    const at = { key: 2, vector: Float32Array.of(0.5, Math.sqrt(0.75)) }
    expect(collapseNearDuplicates([angle(1, 0), at], 0.5)).toHaveLength(1)
    expect(collapseNearDuplicates([angle(1, 0), at], 0.51)).toHaveLength(2)
  })

  it('leaves papers without a vector alone', () => {
    expect(
      collapseNearDuplicates([
        { key: 1, vector: null },
        { key: 2, vector: null },
      ]),
    ).toHaveLength(2)
  })
})
