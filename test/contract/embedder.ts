import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Embedder } from '../../src/domain/models.ts'

const TEXTS = [
  'Frogs sing at the edge of the pond after rain.',
  'Compilers turn loops into vector instructions.',
  '',
  'Rain makes the frogs of the pond sing.',
  '🚀 ¿? 中文',
]

function cosine(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (a === undefined || b === undefined) return Number.NaN
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? Number.NaN), 0)
}

/** What every Embedder promises; `open` gives a fresh one. */
export function embedderContract(name: string, open: () => Promise<Embedder>): void {
  describe(`${name} as an Embedder`, () => {
    let embedder: Embedder

    beforeAll(async () => {
      embedder = await open()
    })
    afterAll(() => embedder.close())

    it('names itself', () => {
      expect(embedder.model).not.toBe('')
      expect(embedder.fingerprint).toContain(embedder.model)
    })

    it.each(['query', 'passage'] as const)('gives a unit vector of its dimension for each %s', async (kind) => {
      const vectors = await embedder.embed(TEXTS, kind)
      expect(vectors.map((vector) => vector.length)).toEqual(TEXTS.map(() => embedder.dimension))
      for (const vector of vectors) expect(cosine(vector, vector)).toBeCloseTo(1, 5)
    })

    it('gives the same vector for the same text, alone or among others, in the order of the texts', async () => {
      const among = await embedder.embed([...TEXTS, ...TEXTS], 'passage')
      const alone = await Promise.all(TEXTS.map((text) => embedder.embed([text], 'passage')))
      expect(among).toEqual([...alone.flat(), ...alone.flat()])
    })

    it('puts texts with the same words nearer than others', async () => {
      const [frogs, compilers, , rain] = await embedder.embed(TEXTS, 'passage')
      expect(cosine(frogs, rain)).toBeGreaterThan(cosine(frogs, compilers))
    })

    it('counts the tokens of each text, in the order of the texts, more where more is written', async () => {
      const counts = await embedder.countTokens([...TEXTS, 'Rain', 'Rain rain'], 'query')
      expect(counts).toHaveLength(TEXTS.length + 2)
      expect(counts.every((count) => Number.isInteger(count) && count >= 0)).toBe(true)
      expect((counts.at(-1) ?? 0) - (counts.at(-2) ?? 0)).toBe(1)
      expect(await embedder.countTokens([], 'passage')).toEqual([])
    })

    it('gives nothing for nothing', async () => {
      expect(await embedder.embed([], 'passage')).toEqual([])
    })

    it('gives the same vectors when it is opened again', async () => {
      const again = await open()
      expect(again.fingerprint).toBe(embedder.fingerprint)
      expect(await again.embed(TEXTS, 'query')).toEqual(await embedder.embed(TEXTS, 'query'))
      await again.close()
    })

    it('stops when it is told to', async () => {
      const stopped = embedder.embed(TEXTS, 'passage', AbortSignal.abort())
      await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' })
      const uncounted = embedder.countTokens(TEXTS, 'passage', AbortSignal.abort())
      await expect(uncounted).rejects.toMatchObject({ code: 'INTERRUPTED' })
    })

    it('refuses work after it was closed, and can be closed twice', async () => {
      const closed = await open()
      await closed.close()
      await closed.close()
      await expect(closed.embed(TEXTS, 'query')).rejects.toMatchObject({ code: 'INTERRUPTED' })
    })
  })
}
