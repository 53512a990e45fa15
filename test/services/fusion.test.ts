import { describe, expect, it } from 'vitest'
import { fuseRanks, MAX_FUSED } from '../../src/services/fusion.ts'

describe('fuseRanks', () => {
  it('adds 1 / (60 + rank) over the lists', () => {
    // By hand: 7 is 2nd and 1st, 5 is 1st and absent, 9 is 3rd and 2nd.
    expect(
      fuseRanks([
        [5, 7, 9],
        [7, 9],
      ]),
    ).toEqual([
      { key: 7, fused: 1 / 62 + 1 / 61 },
      { key: 9, fused: 1 / 63 + 1 / 62 },
      { key: 5, fused: 1 / 61 },
    ])
  })

  it('orders equal values by key', () => {
    expect(fuseRanks([[9], [4]]).map(({ key }) => key)).toEqual([4, 9])
  })

  it('gives the paper that is first on both sides the greatest value', () => {
    expect(fuseRanks([[1], [1]])[0]?.fused).toBe(MAX_FUSED)
  })
})
