import type { EmbedKind } from '../domain/models.ts'
import type { Deps } from './deps.ts'
import { eachText } from './each-text.ts'

interface EmbedTextsRequest {
  readonly texts: readonly string[]
  readonly kind: EmbedKind
  readonly signal?: AbortSignal | undefined
}

interface EmbeddedTexts {
  /** Unit vectors, in the order of the texts. */
  readonly vectors: readonly Float32Array[]
  /** What the model read in all. */
  readonly tokens: number
}

/** Vectors of texts as they are given, markup included. Throws EMBEDDING_FAILED, which names the text, and INTERRUPTED. */
export async function embedTexts({ embedder }: Deps, request: EmbedTextsRequest): Promise<EmbeddedTexts> {
  const { texts, kind, signal } = request
  const embedded = await eachText({ texts, name: 'input' }, async (text) => {
    const [[vector], [tokens = 0]] = await Promise.all([
      embedder.embed([text], kind, signal),
      embedder.countTokens([text], kind, signal),
    ])
    if (!vector) throw new RangeError('the embedder gave no vector')
    return { vector, tokens }
  })
  return {
    vectors: embedded.map(({ vector }) => vector),
    tokens: embedded.reduce((sum, { tokens }) => sum + tokens, 0),
  }
}
