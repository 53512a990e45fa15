import { MetadataMode } from '@llamaindex/core/schema'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KindredRetriever } from '../../src/llamaindex.ts'
import { openPlaces } from './places.ts'

const QUESTION = 'harbour water levels of the tide'
type Places = Awaited<ReturnType<typeof openPlaces>>
let places: Places
beforeAll(async () => {
  places = await openPlaces()
})
afterAll(() => places.close())

describe.each(['opened', 'served'] as const)('KindredRetriever over a library that is %s', (place) => {
  it('gives nodes with scores, best first', async () => {
    const nodes = await new KindredRetriever({ ...places[place], k: 2 }).retrieve({ query: QUESTION })
    expect(nodes).toHaveLength(2)
    expect(nodes[0]?.node.id_).toBe('tide-clocks')
    expect(nodes[0]?.node.getContent(MetadataMode.NONE)).toMatch(/^Tide Clocks: .*\n\nHarbour water levels/)
    expect(nodes[0]?.node.metadata).toMatchObject({ citationKey: 'moen2021', year: 2021, score: nodes[0]?.score })
  })

  it('takes a question in parts', async () => {
    const query = [
      { type: 'text', text: 'crisp bread crust' },
      { type: 'text', text: 'in an oven' },
    ] as const
    const [best] = await new KindredRetriever({ ...places[place], k: 1 }).retrieve({ query: [...query] })
    expect(best?.node.id_).toBe('bread-crust')
  })

  it('stops by the signal of a question or its own, and throws a KindredError', async () => {
    const signal = AbortSignal.abort()
    const interrupted = { name: 'KindredError', code: 'INTERRUPTED' }
    const retriever = new KindredRetriever(places[place])
    await expect(retriever.retrieve({ query: QUESTION }, { signal })).rejects.toMatchObject(interrupted)
    expect(await retriever.retrieve(QUESTION, { signal: new AbortController().signal })).not.toEqual([])
    const stopped = new KindredRetriever({ ...places[place], signal })
    await expect(stopped.retrieve(QUESTION)).rejects.toMatchObject(interrupted)
  })
})
