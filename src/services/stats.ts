import type { StoreStats } from '../domain/ports.ts'
import type { IndexStatus } from '../domain/vector-index.ts'
import type { Deps } from './deps.ts'

export interface Stats {
  readonly papers: number
  readonly generation: number
  readonly sources: StoreStats['sources']
  readonly model: { readonly id: string; readonly fingerprint: string; readonly dimension: number }
  readonly index: IndexStatus
  /** Papers whose sentences are embedded, and those that were given up. */
  readonly sentences: StoreStats['sentences']
  readonly store: { readonly schemaVersion: number; readonly bytes: number; readonly vectors: number }
}

/** What is in the index, and what it is made with. */
export async function stats({ store, index, embedder }: Deps): Promise<Stats> {
  const { papers, generation, sources, sentences, schemaVersion, bytes, vectors } = await store.stats()
  return {
    papers,
    generation,
    sources,
    model: { id: embedder.model, fingerprint: embedder.fingerprint, dimension: embedder.dimension },
    index: index.status(),
    sentences,
    store: { schemaVersion, bytes, vectors },
  }
}
