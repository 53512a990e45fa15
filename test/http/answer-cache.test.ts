import { expect, it, onTestFinished } from 'vitest'
import { AnswerCache } from '../../src/http/answer-cache.ts'
import { openApp } from './open-app.ts'

const MIB = 2 ** 20

async function open(budget: number): Promise<AnswerCache> {
  const app = await openApp()
  onTestFinished(() => app.close())
  return new AnswerCache(app.kindred.deps, { version: 'test', budget })
}

/** A third of a block of memory each. */
const answer = (n: number): string => `answer ${n} with a letter of Latin-1: é; `.repeat(9_000)

function keep(cache: AnswerCache, n: number): void {
  // Most are asked for once, and are not kept.
  cache.keepNow(`/${n}`, answer(n))
  cache.keepNow(`/${n}`, answer(n))
}

it('an answer is kept from its second time on, letter by letter', async () => {
  const cache = await open(2 * MIB)
  cache.keepNow('/1', answer(1))
  expect(cache.get('/1')).toBeUndefined()
  cache.keepNow('/1', answer(1))
  expect(cache.get('/1')).toBe(answer(1))
})

it('where the memory is full the oldest answers make room, and no other is given in their place', async () => {
  const cache = await open(2 * MIB)
  for (let n = 0; n < 20; n += 1) keep(cache, n)
  const kept = Array.from({ length: 20 }, (_, n) => cache.get(`/${n}`))
  expect(kept.slice(0, 12)).toEqual(Array.from({ length: 12 }, () => undefined))
  expect(kept[19]).toBe(answer(19))
  for (const [n, found] of kept.entries()) if (found !== undefined) expect(found).toBe(answer(n))
})

it('an answer larger than a block is not kept, nor any without memory', async () => {
  const large = await open(4 * MIB)
  for (let again = 0; again < 3; again += 1) large.keepNow('/large', 'x'.repeat(MIB))
  expect(large.get('/large')).toBeUndefined()
  const none = await open(0)
  keep(none, 1)
  expect(none.get('/1')).toBeUndefined()
})
