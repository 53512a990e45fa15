import type { RequestIdVariables } from 'hono/request-id'
import type { Logger } from 'pino'
import type { SourceItem } from '../domain/ports.ts'
import type { Deps } from '../services/deps.ts'

/** The formats that a body of papers comes in. */
type BodyKind = 'json' | 'ndjson'

/** What the HTTP face is given; it opens nothing itself. */
export interface HttpContext {
  readonly deps: Deps
  /** Parses a body of papers as it arrives. */
  readonly readBody: (
    chunks: AsyncIterable<Uint8Array | string>,
    kind: BodyKind,
    source: string,
  ) => AsyncIterable<SourceItem>
  readonly log: Logger
  /** The version of the package, shown in /openapi.json. */
  readonly version: string
}

/** What every handler finds in `c.var`. */
export interface HttpEnv {
  Variables: RequestIdVariables & { kindred: HttpContext; openApi: () => object }
}
