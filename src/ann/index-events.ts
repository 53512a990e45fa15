export type IndexFailure = 'index_save_failed' | 'index_build_failed' | 'index_vector_refused'

export interface IndexEvents {
  /** A new graph is being built, and why. */
  readonly onRebuild: (reason: string) => void
  /** The newest snapshot could not be used, and why; the one before it is brought up to date. */
  readonly onFallback: (reason: string) => void
  /** Work in the background failed and is tried again later; searches go on, exactly where there is no graph. */
  readonly onFailure: (what: IndexFailure, error: unknown) => void
}
