import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Reranker } from '../../src/domain/models.ts'

const QUESTION = 'Where do frogs sing after rain?'
const PASSAGES = [
  'Compilers turn loops into vector instructions.',
  'Frogs sing at the edge of the pond after rain.',
  '',
  'After rain the frogs of the pond sing, and where they do the pond is full.',
  '🚀 ¿? 中文 \u0000',
  'frogs '.repeat(5_000),
]

/** What every Reranker promises; `open` gives a fresh one that reads English. */
export function rerankerContract(name: string, open: () => Promise<Reranker>): void {
  describe(`${name} as a Reranker`, () => {
    let reranker: Reranker

    beforeAll(async () => {
      reranker = await open()
    })
    afterAll(() => reranker.close())

    it('names itself without naming a folder', () => {
      expect(reranker.model).not.toBe('')
      expect(reranker.model).not.toMatch(/^[/.]/)
    })

    it('gives a relevance from 0 to 1 for each passage', async () => {
      const relevances = await reranker.score(QUESTION, PASSAGES)
      expect(relevances).toHaveLength(PASSAGES.length)
      for (const relevance of relevances) {
        expect(relevance).toBeGreaterThanOrEqual(0)
        expect(relevance).toBeLessThanOrEqual(1)
      }
    })

    it('gives the same relevance to the same passage, alone or among others, in the order of the passages', async () => {
      const among = await reranker.score(QUESTION, [...PASSAGES, ...PASSAGES])
      const alone = await Promise.all(PASSAGES.map((passage) => reranker.score(QUESTION, [passage])))
      expect(among).toEqual([...alone.flat(), ...alone.flat()])
    })

    it('finds the passage that speaks of the question more relevant', async () => {
      const [compilers = 1, frogs = 0] = await reranker.score(QUESTION, PASSAGES)
      expect(frogs).toBeGreaterThan(compilers)
    })

    it('takes any question', async () => {
      for (const question of ['', '"', 'word '.repeat(5_000), 'x'.repeat(4_000)])
        expect(await reranker.score(question, PASSAGES)).toHaveLength(PASSAGES.length)
    })

    it('gives nothing for nothing', async () => {
      expect(await reranker.score(QUESTION, [])).toEqual([])
    })

    it('stops when it is told to, before and in the middle, and goes on with other work', async () => {
      const stopped = expect.objectContaining({ code: 'INTERRUPTED' })
      await expect(reranker.score(QUESTION, PASSAGES, AbortSignal.abort())).rejects.toEqual(stopped)
      const controller = new AbortController()
      const work = reranker.score(QUESTION, Array(900).fill(PASSAGES[1]), controller.signal)
      controller.abort()
      await expect(work).rejects.toEqual(stopped)
      expect(await reranker.score(QUESTION, PASSAGES)).toHaveLength(PASSAGES.length)
    })

    it('refuses work after it was closed, and can be closed twice', async () => {
      const closed = await open()
      await closed.close()
      await closed.close()
      await expect(closed.score(QUESTION, PASSAGES)).rejects.toMatchObject({ code: 'INTERRUPTED' })
    })
  })
}
