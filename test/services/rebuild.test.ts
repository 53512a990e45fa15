import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fail } from '../../src/domain/errors.ts'
import { SearchRequest } from '../../src/domain/query.ts'
import { rebuildIndex } from '../../src/services/rebuild.ts'
import { searchPapers } from '../../src/services/search.ts'
import { Sqlite } from '../../src/store/sqlite.ts'
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

  it('embeds papers again whose vectors are damaged', async () => {
    const former = await openLibrary()
    await add(former, someRecords(20))
    await former.index.close()
    const db = new Sqlite(join(former.dir, 'papers.db'))
    const halve = db.prepare(
      'UPDATE vectors SET vector = CAST(substr(vector, 1, 128) || zeroblob(128) AS BLOB) WHERE label = ?',
    )
    for (const label of [3, 17]) halve.run(label)
    db.close()
    const library = await openLibrary(former.dir)
    expect(library.index.status().degraded).toContain('vectors-damaged')
    expect(await rebuildIndex(library)).toEqual({ embedded: 2 })
    expect(library.index.status()).toMatchObject({ vectors: 20, degraded: [] })
    expect(await library.index.verify()).toMatchObject({ ok: true, vectors: 20 })
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

  it('embeds what it can past papers that the model fails at, names those, and ends well once they are gone', async () => {
    const former = await openLibrary()
    await add(former, someRecords(150))
    await former.index.close()
    const poison = [someRecords(150)[3]?.title ?? '', someRecords(150)[70]?.title ?? '']
    const sound = countingEmbedder(OTHER)
    const library = await openLibrary(former.dir, {
      ...sound,
      embed: async (texts, kind, signal) => {
        if (texts.some((text) => poison.some((title) => text.startsWith(title)))) fail('EMBEDDING_FAILED')
        return sound.embed(texts, kind, signal)
      },
    })
    const ids = (await library.store.missingVectors(150)).flatMap(({ paper }) =>
      poison.includes(paper.title) ? paper.id : [],
    )
    expect(ids).toHaveLength(2)
    await expect(rebuildIndex(library)).rejects.toMatchObject({
      code: 'EMBEDDING_FAILED',
      message: expect.stringContaining(ids.join(', ')),
    })
    expect(await library.store.stats()).toMatchObject({ vectors: 148, missing: 2 })
    // Whoever goes back to the former model finds its vectors.
    expect((await former.store.stats()).vectors).toBe(150)
    for (const id of ids) await library.store.remove(id)
    expect(await rebuildIndex(library)).toEqual({ embedded: 0 })
    expect(await library.index.verify()).toMatchObject({ ok: true, vectors: 148 })
  })

  it('may run twice at once', async () => {
    const { former, library } = await withOtherModel(100)
    const second = await openLibrary(former.dir, countingEmbedder(OTHER))
    await Promise.all([rebuildIndex(library), rebuildIndex(second)])
    expect(await library.store.stats()).toMatchObject({ vectors: 100, missing: 0 })
    expect(await library.index.verify()).toMatchObject({ vectors: 100 })
  })
})
