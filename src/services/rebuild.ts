import { passageText } from '../domain/passage.ts'
import type { Deps } from './deps.ts'

const BATCH = 64

export interface RebuildOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/**
 * Makes the index anew from the papers: embeds those that have no vector of the configured model (all of them after the
 * model was changed), then builds a fresh graph. Stopped half-way, a rerun goes on; the vectors of the former model go
 * last.
 * Papers whose sentences were given up are missing them again.
 */
export async function rebuildIndex(deps: Deps, options: RebuildOptions = {}): Promise<{ embedded: number }> {
  const { store, embedder, index } = deps
  const { missing } = await store.stats()
  let embedded = 0
  for (;;) {
    const papers = await store.missingVectors(BATCH)
    if (papers.length === 0) break
    const texts = papers.map(({ paper }) => passageText(paper))
    const vectors = await embedder.embed(texts, 'passage', options.signal)
    await store.addVectors(
      papers.flatMap(({ key, textHash }, at) => (vectors[at] ? [{ key, textHash, vector: vectors[at] }] : [])),
    )
    embedded += papers.length
    options.onProgress?.(embedded, Math.max(missing, embedded))
  }
  await store.dropForeignVectors()
  await store.retrySentences()
  await index.sync()
  await index.rebuild()
  return { embedded }
}
