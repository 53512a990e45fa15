import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTransformersEmbedder, type TransformersEmbedder } from '../../src/embed/transformers.ts'
import { settings } from './model-fixtures.ts'

describe('the workers', () => {
  let embedder: TransformersEmbedder
  const texts = Array.from({ length: 40 }, (_, at) => `Text number ${at} about frogs, ponds and rain. `.repeat(10))

  beforeAll(async () => {
    embedder = await openTransformersEmbedder(settings())
  })
  afterAll(() => embedder.close())

  it('may be killed in the middle of their work', async () => {
    const expected = await embedder.embed(texts, 'passage')
    const before = embedder.pids
    const again = embedder.embed(texts, 'passage')
    for (const pid of before) process.kill(pid, 'SIGKILL')
    expect(await again).toEqual(expected)
    expect(embedder.pids.filter((pid) => before.includes(pid))).toEqual([])
  })

  it('leave Ctrl-C to their parent', async () => {
    const before = embedder.pids
    const work = embedder.embed(texts, 'passage')
    for (const pid of before) process.kill(pid, 'SIGINT')
    for (const pid of before) process.kill(pid, 'SIGTERM')
    expect(await work).toHaveLength(texts.length)
    expect(embedder.pids).toEqual(before)
  })

  it('answer a question while passages wait', async () => {
    const order: string[] = []
    const passages = embedder.embed([...texts, ...texts], 'passage').then(() => order.push('passages'))
    const query = embedder.embed(['where do frogs sing?'], 'query').then(() => order.push('query'))
    await Promise.all([passages, query])
    expect(order).toEqual(['query', 'passages'])
  })
})
