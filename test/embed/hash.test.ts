import { describe, expect, it } from 'vitest'
import { createHashEmbedder } from '../../src/embed/hash.ts'
import { embedderContract } from '../contract/embedder.ts'

embedderContract('hash', async () => createHashEmbedder())

describe('createHashEmbedder', () => {
  it('takes another dimension and name, and says so in its fingerprint', () => {
    const wide = createHashEmbedder({ dimension: 384, model: 'hash-wide' })
    expect([wide.dimension, wide.model]).toEqual([384, 'hash-wide'])
    expect(wide.fingerprint).not.toBe(createHashEmbedder().fingerprint)
  })

  it('gives texts without words vectors of their own', async () => {
    const [empty, dots, marks] = await createHashEmbedder().embed(['', '...', '?!'], 'query')
    expect(new Set([empty, dots, marks].map(String)).size).toBe(3)
  })

  it('does not see case, width or punctuation', async () => {
    const [plain, loud] = await createHashEmbedder().embed(['full width', 'ＦＵＬＬ, Width!'], 'query')
    expect(loud).toEqual(plain)
  })
})
