import type { RequestIdVariables } from 'hono/request-id'
import type { Logger } from 'pino'
import type { RequestLine } from '../domain/metrics.ts'
import type { SourceItem } from '../domain/ports.ts'
import type { Deps } from '../services/deps.ts'
import type { AnswerCache } from './answer-cache.ts'

/** The formats that a body of papers comes in. */
type BodyKind = 'json' | 'ndjson'

/** A backup of the index folder, and where to find it there. */
interface MadeBackup {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  readonly papers: number
  readonly generation: number
}

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
  /** Writes the line of each request; `log` does where it is left out. */
  readonly requestLog?: ((request: RequestLine) => void) | undefined
  /** The version of the package, shown in /openapi.json. */
  readonly version: string
  /** Names the lock of the index folder that this process has; another one that finds the lock taken asks for it. */
  readonly lockId?: string | null | undefined
  /** Makes a backup under a name of its own; without it there is no such route. */
  readonly backup?: ((signal: AbortSignal) => Promise<MadeBackup>) | undefined
  /** Memory for whole answers, in bytes; 0 keeps none. */
  readonly answerCacheBytes?: number | undefined
  /** In a process that only reads: the port of the one that writes, null while there is none. */
  readonly writerPort?: (() => number | null) | undefined
  /** How often an open stream of events says that it is alive. */
  readonly keepAliveMs?: number | undefined
}

/** What every handler finds in `c.var`. */
export interface HttpEnv {
  Variables: RequestIdVariables & { kindred: HttpContext; answers: AnswerCache; openApi: () => object }
}
