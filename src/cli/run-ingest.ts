import { randomUUID } from 'node:crypto'
import type { Kindred } from '../compose.ts'
import { fail, KindredError } from '../domain/errors.ts'
import type { SourceItem } from '../domain/ports.ts'
import { type IngestOptions, type IngestProgress, type IngestReport, ingest } from '../services/ingest.ts'
import type { RejectedRecord } from '../services/ingest-target.ts'
import { createProgress } from './progress.ts'
import type { IngestOutcome } from './render-ingest.ts'
import type { Session } from './session.ts'
import { counted } from './style.ts'

export interface IngestRequest {
  readonly paths: readonly string[]
  /** YYYY-MM-DD, for listing pages whose dates have no year. */
  readonly captured?: string | undefined
  readonly strict?: boolean
  readonly signal: AbortSignal
}

/** What reads papers, and where they go: into the index of this process, or through a server. */
export interface IngestPlace {
  readonly readSources: Kindred['readSources']
  readonly ingest: (items: AsyncIterable<SourceItem>, options: IngestOptions) => Promise<IngestReport>
}

export const placeOf = ({ deps, readSources }: Kindred): IngestPlace => ({
  readSources,
  ingest: (items, options) => ingest(deps, items, options),
})

/** A broken file of a million lines must not fill the memory. */
const REJECTIONS_KEPT = 1_000

const interrupted = ({ records, embedded }: IngestProgress): never =>
  fail('INTERRUPTED', `Stopped after ${counted(records, 'record')} (${embedded} embedded); what they hold is kept.`)

/** The record that a strict run stopped at is named by its file and line. */
function withPlace(error: unknown, rejected: RejectedRecord | undefined): unknown {
  if (!rejected || rejected.error !== error) return error
  const { source, line, error: cause } = rejected
  const { code, message, issues } = cause
  return new KindredError(code, `${source}:${line}: ${message}; the records before it went in.`, { issues, cause })
}

/** Ingests files with progress on standard error. Throws INTERRUPTED after a stop; what was written is kept. */
export async function runIngest(place: IngestPlace, session: Session, request: IngestRequest): Promise<IngestOutcome> {
  const { paths, captured, strict = false, signal } = request
  const progress = createProgress({ stream: process.stderr, silent: session.json })
  const rejections: RejectedRecord[] = []
  let done: IngestProgress = { records: 0, embedded: 0, rejected: 0 }
  const startedAt = performance.now()
  const reading = { captured, signal, onBytes: progress.bytes }
  try {
    const report = await place.ingest(place.readSources(paths, reading), {
      run: randomUUID(),
      strict,
      signal,
      onProgress: (now) => {
        done = now
        progress.papers(now.records)
      },
      onRejected: (rejected) => void (rejections.length < REJECTIONS_KEPT && rejections.push(rejected)),
    })
    return { report, rejections, seconds: (performance.now() - startedAt) / 1000 }
  } catch (error) {
    if (signal.aborted) interrupted(done)
    throw withPlace(error, rejections.at(-1))
  } finally {
    progress.stop()
  }
}
