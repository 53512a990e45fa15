import type { KindredError } from '../domain/errors.ts'
import type { Deps } from '../services/deps.ts'

/** What the MCP face is given; it opens nothing itself. */
export interface McpContext {
  readonly deps: Deps
  /** The version of the package. */
  readonly version: string
  /** Told of what no caller can mend; the caller is told the code only. */
  readonly onFault: (error: KindredError) => void
}
