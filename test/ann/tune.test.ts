import { describe, expect, it } from 'vitest'
import { chooseWidth, type Measured } from '../../src/ann/tune.ts'

const AIM = { target: 0.99, least: 16, most: 512 }
const perfect = (count: number): number[] => new Array<number>(count).fill(1)
const vectors: Measured = { of: 'vectors', recalls: perfect(200) }

const widthFor = async (queries: readonly number[]) => {
  const { ef } = await chooseWidth(AIM, async () => [vectors, { of: 'queries', recalls: queries }])
  return ef
}

describe('the width of a search', () => {
  it('is not as wide as can be because one of a few asked queries is missed at each width', async () => {
    expect(await widthFor([...perfect(39), 0.9])).toBe(16)
  })

  it('is wider where even a few asked queries find less than the target', async () => {
    const ef = await chooseWidth(AIM, async (width) => [
      vectors,
      { of: 'queries', recalls: [...perfect(25), ...new Array<number>(5).fill(width < 64 ? 0.8 : 1)] },
    ])
    expect(ef.ef).toBe(64)
  })

  it('must be proven by asked queries where they are many', async () => {
    const recalls = [...perfect(730), ...new Array<number>(70).fill(0.9)]
    expect(await widthFor(recalls)).toBe(512)
    expect(await widthFor(recalls.slice(1))).toBe(16)
  })
})
