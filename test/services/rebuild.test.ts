import { describe, expect, it } from 'vitest'
import { SearchRequest } from '../../src/domain/query.ts'
import { rebuildIndex } from '../../src/services/rebuild.ts'
import { searchPapers } from '../../src/services/search.ts'
import { add, countingEmbedder, openLibrary } from '../support/library.ts'
import { someRecords } from '../support/records.ts'

const OTHER = 'other-model'

async function withOtherModel(count: number) {
  const former = await openLibrary()
  await add(former, someRecords(count))
  await former.index.close()
  return { former, library: await openLibrary(former.dir, countingEmbedder(OTHER)) }
}

describe('rebuildIndex', () => {
  it('embeds every paper with the configured model and forgets the former vectors', async () => {
    const { former, library } = await withOtherModel(150)
    expect((await library.store.stats()).missing).toBe(150)
    const seen: [number, number][] = []
    const report = await rebuildIndex(library, { onProgress: (done, total) => seen.push([done, total]) })
    expect(report).toEqual({ embedded: 150 })
    expect(seen).toEqual([
      [64, 150],
      [128, 150],
      [150, 150],
    ])
    expect(await library.store.stats()).toMatchObject({ vectors: 150, missing: 0 })
    expect((await former.store.stats()).vectors).toBe(0)
    expect(await library.index.verify()).toMatchObject({ ok: true, vectors: 150 })
    const { data } = await searchPapers(
      library,
      SearchRequest.parse({ query: someRecords(9)[8]?.title, mode: 'dense' }),
    )
    expect(data[0]?.title).toBe(someRecords(9)[8]?.title)
  })

  it('goes on where it was stopped', async () => {
    const { former, library } = await withOtherModel(150)
    const stop = new AbortController()
    const onProgress = () => stop.abort()
    await expect(rebuildIndex(library, { signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    expect((await former.store.stats()).vectors).toBe(150)
    expect(await rebuildIndex(library)).toEqual({ embedded: 86 })
    expect((await library.store.stats()).missing).toBe(0)
  })

  it('embeds nothing where every vector is there', async () => {
    const library = await openLibrary()
    await add(library, someRecords(20))
    expect(await rebuildIndex(library)).toEqual({ embedded: 0 })
    expect(await library.index.verify()).toMatchObject({
      ok: true,
      snapshot: { generation: library.store.generation() },
    })
  })

  it('may run twice at once', async () => {
    const { former, library } = await withOtherModel(100)
    const second = await openLibrary(former.dir, countingEmbedder(OTHER))
    await Promise.all([rebuildIndex(library), rebuildIndex(second)])
    expect(await library.store.stats()).toMatchObject({ vectors: 100, missing: 0 })
    expect(await library.index.verify()).toMatchObject({ vectors: 100 })
  })
})
