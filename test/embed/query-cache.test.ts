import { describe, expect, it } from 'vitest'
import type { Embedder } from '../../src/domain/models.ts'
import { createHashEmbedder } from '../../src/embed/hash.ts'
import { cacheQueries } from '../../src/embed/query-cache.ts'
import { embedderContract } from '../contract/embedder.ts'

embedderContract('The hash embedder with its questions remembered', async () => cacheQueries(createHashEmbedder()))

/** An embedder that waits until it is let go, and notes what it is asked. */
function watched() {
  const asked: string[] = []
  const signals: (AbortSignal | undefined)[] = []
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const inner = createHashEmbedder()
  const embedder: Embedder = {
    ...inner,
    embed: async (texts, kind, signal) => {
      asked.push(...texts)
      signals.push(signal)
      await gate
      return inner.embed(texts, kind, signal)
    },
  }
  return { asked, signals, open, embedder }
}

describe('remembered questions', () => {
  it('are embedded once, however many ask at the same time', async () => {
    const { asked, open, embedder } = watched()
    const cached = cacheQueries(embedder)
    const all = Promise.all(Array.from({ length: 100 }, () => cached.embed(['what is a tide'], 'query')))
    open()
    const vectors = await all
    expect(asked).toEqual(['what is a tide'])
    expect(new Set(vectors.map(([vector]) => vector)).size).toBe(1)
    expect(vectors[0]).toEqual(await embedder.embed(['what is a tide'], 'query'))
  })

  it('make room for new ones, the oldest first; passages are never kept', async () => {
    const { asked, open, embedder } = watched()
    open()
    const cached = cacheQueries(embedder, 2)
    for (const text of ['one', 'two', 'one', 'three', 'one', 'two']) await cached.embed([text], 'query')
    expect(asked).toEqual(['one', 'two', 'three', 'two'])
    for (const text of ['one', 'one']) await cached.embed([text], 'passage')
    expect(asked).toEqual(['one', 'two', 'three', 'two', 'one', 'one'])
  })

  it('go on for the others when one who asked goes away, and are given up when nobody waits', async () => {
    const { asked, signals, open, embedder } = watched()
    const cached = cacheQueries(embedder)
    const [first, second] = [new AbortController(), new AbortController()]
    const gone = cached.embed(['tides'], 'query', first.signal)
    const stays = cached.embed(['tides'], 'query', second.signal)
    first.abort()
    await expect(gone).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(signals[0]?.aborted).toBe(false)
    second.abort()
    await expect(stays).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(signals[0]?.aborted).toBe(true)
    open()
    expect(await cached.embed(['tides'], 'query')).toHaveLength(1)
    expect(asked).toEqual(['tides', 'tides'])
  })

  it('are not remembered where the model failed', async () => {
    const inner = createHashEmbedder()
    let fails = true
    const cached = cacheQueries({
      ...inner,
      embed: async (...call) => {
        if (fails) throw new RangeError('the model fails')
        return inner.embed(...call)
      },
    })
    await expect(cached.embed(['a'], 'query')).rejects.toThrow('the model fails')
    fails = false
    expect(await cached.embed(['a'], 'query')).toHaveLength(1)
  })
})
