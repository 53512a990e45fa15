import { KindredError } from '../domain/errors.ts'
import type { Embedder } from '../domain/models.ts'

/** Whether the text itself is at fault; anything else would befall the next one too. */
export const isOfTheText = (error: unknown): error is KindredError =>
  error instanceof KindredError && error.code === 'EMBEDDING_FAILED'

async function embedOne(embedder: Embedder, text: string, signal?: AbortSignal): Promise<Float32Array | KindredError> {
  try {
    const [vector] = await embedder.embed([text], 'passage', signal)
    return vector ?? new KindredError('EMBEDDING_FAILED')
  } catch (error) {
    if (isOfTheText(error)) return error
    throw error
  }
}

/**
 * The vector of each text, or why the model has none: one call a text, so that a text that cannot be embedded costs
 * none of the others. Throws what is not of one text, e.g. INTERRUPTED.
 */
export const embedEach = (
  embedder: Embedder,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<(Float32Array | KindredError)[]> => Promise.all(texts.map((text) => embedOne(embedder, text, signal)))
