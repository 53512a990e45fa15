import { beforeEach, describe, expect, it } from 'vitest'
import { getPaper, getPapers, listPapers, matchTitle, removePaper } from '../../src/services/papers.ts'
import { stats } from '../../src/services/stats.ts'
import { SCHEMA_VERSION } from '../../src/store/migrations.ts'
import { add, type Library, openLibrary } from '../support/library.ts'

let library: Library
beforeEach(async () => {
  library = await openLibrary()
  await add(library, [
    { id: 'a', title: 'On $\\alpha$ Reeds', abstract: 'quokka', doi: '10.1000/a' },
    { id: 'b', title: 'Wind' },
  ])
})

const missing = { code: 'PAPER_NOT_FOUND' }

describe('papers', () => {
  it('come in the order asked for, with null where there is none', async () => {
    const found = await getPapers(library, ['b', 'nobody', 'doi:10.1000/A', 'b'])
    expect(found.map((paper) => paper?.id ?? null)).toEqual(['b', null, 'a', 'b'])
    expect(await getPapers(library, [])).toEqual([])
  })

  it('are looked up one by one, or by title in any spelling', async () => {
    expect((await getPaper(library, 'a')).doi).toBe('10.1000/a')
    expect((await matchTitle(library, 'ON α REEDS.')).id).toBe('a')
    await expect(getPaper(library, 'nobody')).rejects.toMatchObject(missing)
    await expect(matchTitle(library, 'Nothing')).rejects.toMatchObject(missing)
  })

  it('are listed', async () => {
    const { data, total } = await listPapers(library, { limit: 1, sort: 'title' })
    expect([data.map(({ id }) => id), total]).toEqual([['a'], 2])
  })

  it('are gone from everything when they are removed', async () => {
    const [stored] = await library.store.get(['a'])
    await removePaper(library, 'doi:10.1000/A')
    await expect(getPaper(library, 'a')).rejects.toMatchObject(missing)
    await expect(removePaper(library, 'a')).rejects.toMatchObject(missing)
    expect(await library.index.vectorOf(stored?.key ?? 0)).toBeNull()
    expect(await stats(library)).toMatchObject({ papers: 1, store: { vectors: 1 }, index: { vectors: 1 } })
  })

  it('come back as new papers after they were removed', async () => {
    await removePaper(library, 'b')
    expect(await add(library, [{ id: 'b', title: 'Wind' }])).toMatchObject({ added: 1, embedded: 1 })
  })
})

describe('stats', () => {
  it('say what is there and with what it was made', async () => {
    expect(await stats(library)).toMatchObject({
      papers: 2,
      generation: 1,
      sources: [{ source: 'a.jsonl', papers: 2 }],
      model: { id: 'hash', dimension: 64, fingerprint: library.embedder.fingerprint },
      index: { vectors: 2, degraded: [] },
      sentences: { papers: 0, failed: 0 },
      store: { schemaVersion: SCHEMA_VERSION, vectors: 2 },
    })
  })
})
