import { expect, it } from 'vitest'
import { stolenSince } from '../../bench/steal.mjs'

it('tells what share of the wanted time of the processors was stolen since', () => {
  const [note] = stolenSince({ wanted: 1_000, stolen: 100 }, { wanted: 1_400, stolen: 150 })
  expect(note).toContain('gave 12.5 % to other machines')
})

it('says nothing where nothing can be known', () => {
  const ticks = { wanted: 1_000, stolen: 100 }
  expect(stolenSince(null, ticks)).toEqual([])
  expect(stolenSince(ticks, null)).toEqual([])
  expect(stolenSince(ticks, ticks)).toEqual([])
})
