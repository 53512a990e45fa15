import { describe, expect, it } from 'vitest'
import { NumberTable } from '../../src/domain/number-table.ts'
import { createRandom } from '../support/random.ts'

describe('a table of numbers', () => {
  it.each([
    ['close together', 2_000],
    ['far apart', 2 ** 40],
  ])('holds what a Map holds, with keys that lie %s', (_, span) => {
    const random = createRandom(5)
    const [table, map] = [new NumberTable(), new Map<number, number>()]
    for (let step = 0; step < 20_000; step += 1) {
      // Half of them near, so that both parts are used.
      const key = Math.floor(random() * (random() < 0.5 ? 2_000 : span))
      if (random() < 0.3) {
        table.delete(key)
        map.delete(key)
      } else {
        table.set(key, step)
        map.set(key, step)
      }
      const asked = Math.floor(random() * span)
      expect(table.get(asked)).toBe(map.get(asked))
      expect(table.get(key)).toBe(map.get(key))
      expect(table.size).toBe(map.size)
    }
    for (const [key, value] of map) expect(table.get(key)).toBe(value)
  })

  it('keeps what stood far off when its array grows past it', () => {
    const table = new NumberTable()
    table.set(5_000, 1)
    for (let key = 0; key < 4_000; key += 1) table.set(key, key)
    expect([table.get(5_000), table.get(3_999), table.size]).toEqual([1, 3_999, 4_001])
    table.delete(5_000)
    expect([table.get(5_000), table.size]).toEqual([undefined, 4_000])
  })

  it('has nothing under what is no whole number from 0', () => {
    const table = new NumberTable()
    table.set(0, 7)
    expect([table.get(-1), table.get(0.5), table.get(Number.NaN), table.get(0)]).toEqual([
      undefined,
      undefined,
      undefined,
      7,
    ])
  })
})
