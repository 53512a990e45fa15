import type { KindStatus, QueryKind } from '../domain/vector-index.ts'

export type IndexFailure = 'index_save_failed' | 'index_build_failed' | 'index_vector_refused' | 'recall_failed'

export interface IndexEvents {
  /** A new graph is being built, and why. */
  readonly onRebuild: (reason: string) => void
  /** The newest snapshot could not be used, and why; the one before it is brought up to date. */
  readonly onFallback: (reason: string) => void
  /** Work in the background failed and is tried again later; searches go on, exactly where there is no graph. */
  readonly onFailure: (what: IndexFailure, error: unknown) => void
  /** Another search width was chosen for a kind of query, with what it was measured to find. */
  readonly onSearchWidth: (kind: QueryKind, chosen: KindStatus) => void
  /** A kind of query surely finds less than the target at this width. */
  readonly onRecallLow: (kind: QueryKind, measured: KindStatus) => void
}
