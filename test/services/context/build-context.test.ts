import { beforeEach, describe, expect, it } from 'vitest'
import { buildContext } from '../../../src/services/context/build-context.ts'
import { packPapers } from '../../../src/services/context/pack.ts'
import { createWriter } from '../../../src/services/context/styles.ts'
import { fillSentences } from '../../../src/services/fill-sentences.ts'
import { removePaper } from '../../../src/services/papers.ts'
import { contextRequest } from '../../support/corpus.ts'
import { add, type Library, openLibrary } from '../../support/library.ts'
import { someRecords } from '../../support/records.ts'

const KILNS = {
  id: 'kilns',
  title: 'Kilns at night',
  abstract: 'Kilns glow at night. Nobody paints a kiln in rain. Glaze runs when kilns cool too fast.',
  authors: ['Ada Moss'],
  year: 2001,
  url: 'https://example.org/kilns',
}

let deps: Library
beforeEach(async () => {
  deps = await openLibrary()
  await add(deps, [KILNS, ...someRecords(30).map((record, n) => ({ ...record, id: `r${n}` }))])
  await fillSentences(deps)
})

const build = (given: Parameters<typeof contextRequest>[0]) =>
  buildContext(deps, contextRequest({ minScore: 0, ...given }))

describe('a context', () => {
  it('holds whole abstracts where there is room, and the best sentences where there is not', async () => {
    const ample = await build({ ids: ['kilns'], query: 'paint a kiln in rain' })
    expect(ample.context).toContain(`Abstract: ${KILNS.abstract}`)
    expect(ample.citations[0]).toMatchObject({ key: 'moss2001', whole: true, url: KILNS.url, score: null })
    const tight = await build({ ids: ['kilns'], query: 'paint a kiln in rain', maxTokens: ample.tokenCount - 1 })
    expect(tight.citations[0]?.whole).toBe(false)
    expect(tight.citations[0]?.evidence[0]?.text).toBe('Nobody paints a kiln in rain.')
    expect(tight.context).toContain('Excerpt: ')
    expect(tight.context).toContain('Nobody paints a kiln in rain.')
  })

  it('shows a sentence of every paper before it shows any abstract in full', async () => {
    const { tokenCount } = await build({ query: 'kilns', limit: 10, diversity: 0 })
    const { citations } = await build({ query: 'kilns', limit: 10, diversity: 0, maxTokens: tokenCount - 60 })
    expect(citations).toHaveLength(10)
    expect(citations.filter(({ whole }) => whole).length).toBeLessThan(10)
  })

  it('says what was left out and why', async () => {
    const { citations, omitted, omittedTotal } = await build({ query: 'kilns', limit: 5, maxTokens: 250 })
    const of = (reason: string) => omitted.filter((each) => each.reason === reason)
    expect(citations.length + of('budget').length).toBe(5)
    expect(of('limit')).toHaveLength(15)
    expect(omittedTotal).toBe(omitted.length)
    const picky = await build({ query: 'glaze in the rain', minScore: 0.999 })
    expect(picky).toMatchObject({
      citations: [],
      omitted: expect.arrayContaining([expect.objectContaining({ reason: 'low-score' })]),
    })
  })

  it('names the least budget, which then does', async () => {
    for (const style of ['markdown', 'xml', 'json'] as const) {
      const refused = await build({ query: 'kilns', maxTokens: 1, style }).catch((error: unknown) => error)
      expect(refused).toMatchObject({ code: 'INVALID_REQUEST', issues: [{ path: 'maxTokens' }] })
      const least = Number(/at least (\d+)/.exec(String(refused))?.[1])
      expect(await build({ query: 'kilns', maxTokens: least, style })).toMatchObject({
        tokenCount: least,
        citations: [],
      })
      await expect(build({ query: 'kilns', maxTokens: least - 1, style })).rejects.toMatchObject({
        code: 'INVALID_REQUEST',
      })
    }
  })

  it('takes papers by id in their order, each once, and refuses one that nobody has', async () => {
    const { citations } = await build({ ids: ['r3', 'kilns', 'r3', 'r1'] })
    expect(citations.map(({ id }) => id)).toEqual(['r3', 'kilns', 'r1'])
    await expect(build({ ids: ['kilns', 'nobody'] })).rejects.toMatchObject({ code: 'PAPER_NOT_FOUND' })
  })

  it('finds sentences by their words where none is embedded yet', async () => {
    await add(deps, [
      { ...KILNS, id: 'new', title: 'Fresh', abstract: 'A first line of text here. Zebras sleep in tall grass.' },
    ])
    const { citations } = await build({ ids: ['new'], query: 'where zebras sleep' })
    expect(citations[0]?.evidence[0]).toMatchObject({ text: 'Zebras sleep in tall grass.', start: 27 })
  })

  it('takes a paper without an abstract or authors', async () => {
    await add(deps, [{ id: 'bare', title: 'Bare' }])
    const { context, citations } = await build({ ids: ['bare'] })
    expect(citations[0]).toMatchObject({ key: 'bare-nd', whole: true, evidence: [] })
    expect(context).not.toMatch(/^(By|Abstract|Excerpt):/m)
  })

  it('bounds a search by the filter', async () => {
    const { citations } = await buildContext(deps, {
      ...contextRequest({ query: 'kilns at night', minScore: 0 }),
      filter: contextRequest({ query: 'x', filter: { year: 2001 } as never }).filter,
    })
    expect(citations.map(({ id }) => id)).toEqual(['kilns'])
  })

  it('does not name a removed paper again', async () => {
    await removePaper(deps, 'kilns')
    const { citations, omitted } = await build({ query: 'kilns at night' })
    expect([...citations, ...omitted].map(({ id }) => id)).not.toContain('kilns')
  })
})

describe('packPapers', () => {
  it('takes back what it put in where the whole costs more than its parts', () => {
    const writer = createWriter('markdown', '1')
    const shown = (text: string) => ({ key: 'k', title: 't', by: '', text, whole: false })
    const items = ['one', 'two', 'three'].map((text) => ({ portions: [shown(text)] as const }))
    const parts = (text: string) => (text.match(/<<<PAPER/g) ?? []).length
    const count = (text: string) => parts(text) ** 2
    const { tokenCount, shown: placed, left } = packPapers(items, { writer, count, maxTokens: 5 })
    expect({ tokenCount, placed: placed.length, left: left.length }).toEqual({ tokenCount: 4, placed: 2, left: 1 })
  })
})
