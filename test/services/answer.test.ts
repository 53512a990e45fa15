import { describe, expect, it } from 'vitest'
import { MAX_OFFSET } from '../../src/domain/query.ts'
import { answer } from '../../src/services/answer.ts'
import { add, openLibrary } from '../support/library.ts'

describe('answer', () => {
  const page = {
    ranked: [1, 2].map((key) => ({ key, score: 0.5 })),
    total: 3 * MAX_OFFSET,
    startedAt: 0,
    plan: 'exact',
  } as const

  it('offers the next page as long as its offset is one that a request may have', async () => {
    const library = await openLibrary()
    await add(library, [{ title: 'One' }, { title: 'Two' }])
    expect((await answer(library, { ...page, offset: MAX_OFFSET - 2 })).next).toBe(MAX_OFFSET)
    expect((await answer(library, { ...page, offset: MAX_OFFSET - 1 })).next).toBeNull()
  })

  it('leaves out a paper that was deleted since it was ranked', async () => {
    const library = await openLibrary()
    await add(library, [{ title: 'One' }, { id: 'two', title: 'Two' }])
    await library.store.remove('two')
    const { data } = await answer(library, { ...page, offset: 0 })
    expect(data.map(({ title, rank }) => [title, rank])).toEqual([['One', 1]])
  })
})
