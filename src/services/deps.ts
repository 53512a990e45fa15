import type { Embedder, PaperStore, VectorIndex } from '../domain/ports.ts'

/** What the services work with; `compose.ts` chooses the adapters behind it. */
export interface Deps {
  readonly store: PaperStore
  readonly index: VectorIndex
  readonly embedder: Embedder
  readonly now: () => Date
}
