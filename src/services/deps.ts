import type { Metrics } from '../domain/metrics.ts'
import type { ChatModel, Embedder } from '../domain/models.ts'
import type { PaperStore } from '../domain/ports.ts'
import type { VectorIndex } from '../domain/vector-index.ts'
import type { PaperTexts } from './paper-texts.ts'
import type { RerankStage } from './rerank.ts'

/** What the services work with; `compose.ts` chooses the adapters behind it. */
export interface Deps {
  readonly store: PaperStore
  readonly index: VectorIndex
  readonly embedder: Embedder
  readonly metrics: Metrics
  readonly texts: PaperTexts
  readonly rerank?: RerankStage | undefined
  /** Writes the answers of `ask`, where one is configured. */
  readonly chat?: ChatModel | undefined
  readonly now: () => Date
}
