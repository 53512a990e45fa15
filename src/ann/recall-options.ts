import type { GraphSettings } from './hnsw.ts'
import type { IndexEvents } from './index-events.ts'

export const RECALL_TARGET = 0.99
/** After a change, so that measuring does not run after each write of a burst. */
export const WAIT_MS = 5_000
export const AUDIT_SHARE = 0.01

export interface RecallOptions {
  readonly dir: string
  readonly databaseId: string
  readonly fingerprint: string
  readonly settings: GraphSettings
  /** Search width; `auto` chooses the narrowest that holds the target. */
  readonly ef: number | 'auto'
  /** Recall@10 to hold, 0..1. */
  readonly recallTarget?: number | undefined
  /** Neither measures nor writes; what another process found out is used. */
  readonly readOnly?: boolean | undefined
  readonly events: IndexEvents
  /** Before a changed collection is measured, in milliseconds. */
  readonly waitMs?: number | undefined
  /** Share of one core for comparing asked queries, up to 1. */
  readonly auditShare?: number | undefined
}
