import { describe, expect, it } from 'vitest'
import { CATEGORIES, inventPapers } from '../../bench/corpus.mjs'
import { createRandom } from '../../bench/random.mjs'

const DIMENSION = 32

const axis = (at: number) => Float32Array.from({ length: DIMENSION }, (_, place) => (place === at % DIMENSION ? 1 : 0))

const material = {
  titles: ['A study of kelp forests', 'On the slowness of trains', 'Bells'],
  sentences: Array.from({ length: 40 }, (_, at) => ({ text: `Sentence ${at} says so.`, vector: axis(at) })),
}

const invent = (count: number, seed = 1, sentences = material.sentences) => [
  ...inventPapers(count, { material: { ...material, sentences }, random: createRandom(seed) }),
]

describe('invented papers', () => {
  it('differ in id, title and abstract', () => {
    const papers = invent(2_000)
    for (const field of ['id', 'title', 'abstract'] as const)
      expect(new Set(papers.map((paper) => paper[field])).size).toBe(2_000)
  })

  it('differ even where few sentences make few abstracts', () => {
    const abstracts = invent(100, 1, material.sentences.slice(0, 2)).map(({ abstract }) => abstract)
    expect(new Set(abstracts).size).toBe(100)
  })

  it('are the same for the same seed, and others for another one', () => {
    expect(invent(20, 5)).toEqual(invent(20, 5))
    expect(invent(20, 6)).not.toEqual(invent(20, 5))
  })

  it('say nothing but sentences of the material', () => {
    const known = new Set(material.sentences.map(({ text }) => text))
    for (const { abstract } of invent(50))
      expect(abstract.split(/(?<=\.) /).every((sentence: string) => known.has(sentence))).toBe(true)
  })

  it('have vectors of length one, nearest to what they begin with', () => {
    for (const { abstract, vector } of invent(50)) {
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5)
      const first = Number(/\d+/.exec(abstract)?.[0])
      const own = vector[first % DIMENSION] ?? 0
      expect(own).toBeGreaterThan(0.2)
    }
  })

  it('stand in categories of the share that is said', () => {
    const papers = invent(20_000)
    for (const [name, share] of Object.entries(CATEGORIES)) {
      const found = papers.filter(({ categories }) => categories.includes(name)).length / papers.length
      expect(found / share).toBeGreaterThan(0.8)
      expect(found / share).toBeLessThan(1.2)
    }
  })

  it('have every category in a small library too', () => {
    const named = new Set(invent(50).flatMap(({ categories }) => categories))
    expect(named).toEqual(new Set(Object.keys(CATEGORIES)))
  })
})
