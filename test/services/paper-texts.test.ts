import { describe, expect, it } from 'vitest'
import { JoinedBytes } from '../../src/services/joined-bytes.ts'
import { PaperTexts } from '../../src/services/paper-texts.ts'

const BLOCK = 2 ** 20
const textOf = (at: number, length: number) => `${at} é `.padEnd(length, 'abcdefg')

function filled({ blocks, count, length }: { blocks: number; count: number; length: number }) {
  const texts = new PaperTexts(blocks * BLOCK)
  const places = Array.from({ length: count }, (_, at) => texts.put(textOf(at, length)) ?? Number.NaN)
  return { texts, places }
}

describe('texts of papers', () => {
  it('are kept byte for byte, whatever their length and wherever a block ends', () => {
    const texts = new PaperTexts(3 * BLOCK)
    const lengths = Array.from({ length: 1_500 }, (_, at) => (at * 7_919) % 2_000)
    const places = lengths.map((length, at) => texts.put(textOf(at, length)) ?? Number.NaN)
    const joined = new JoinedBytes()
    joined.begin()
    for (const place of places) joined.kept(texts, place)
    const wanted = lengths.map((length, at) => textOf(at, length))
    expect(places.map((place) => texts.textAt(place))).toEqual(wanted)
    expect(places.map((place) => texts.lengthAt(place))).toEqual(wanted.map((text) => text.length))
    expect(joined.whole()).toBe(wanted.join(''))
  })

  it('make room for newer ones a block at a time, the oldest first', () => {
    const [count, length] = [1_000, 10_000]
    const { texts, places } = filled({ blocks: 4, count, length })
    const held = places.map((place) => texts.holds(place))
    const first = held.indexOf(true)
    expect(held.slice(first).every(Boolean)).toBe(true)
    expect(held.slice(0, first).some(Boolean)).toBe(false)
    // A block takes 104 of them.
    expect(count - first).toBeGreaterThan(3 * 104)
    expect(count - first).toBeLessThanOrEqual(4 * 104)
    for (let at = first; at < count; at += 1) expect(texts.textAt(places[at] ?? 0)).toBe(textOf(at, length))
  })

  it('fill a block to its last byte', () => {
    const { texts, places } = filled({ blocks: 2, count: 4, length: BLOCK / 2 - 4 })
    expect(places.map((place) => texts.holds(place))).toEqual([true, true, true, true])
    expect(texts.textAt(places[3] ?? 0)).toBe(textOf(3, BLOCK / 2 - 4))
  })

  it('are not kept where they are longer than a block, or there is no room for one', () => {
    expect(new PaperTexts(4 * BLOCK).put('x'.repeat(BLOCK))).toBeNull()
    expect(new PaperTexts(4 * BLOCK).put('x'.repeat(BLOCK - 4))).toBe(0)
    expect(new PaperTexts(BLOCK - 1).put('x')).toBeNull()
  })
})

describe('joined bytes', () => {
  it('begin anew, and grow as they have to', () => {
    const joined = new JoinedBytes()
    for (const length of [5, 300_000, 0, 70_000]) {
      joined.begin()
      joined.text('é'.repeat(length))
      joined.text('end')
      expect(joined.whole()).toBe(`${'é'.repeat(length)}end`)
    }
  })
})
