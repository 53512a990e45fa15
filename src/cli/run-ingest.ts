import { randomUUID } from 'node:crypto'
import type { Kindred } from '../compose.ts'
import { fail } from '../domain/errors.ts'
import { type IngestProgress, ingest, type RejectedRecord } from '../services/ingest.ts'
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

/** A broken file of a million lines must not fill the memory. */
const REJECTIONS_KEPT = 1_000

const interrupted = ({ records, embedded }: IngestProgress): never =>
  fail('INTERRUPTED', `Stopped after ${counted(records, 'record')} (${embedded} embedded); what they hold is kept.`)

/** A read of a terminal or a pipe does not end by itself when the work is stopped. */
function readingStopsWith(signal: AbortSignal): void {
  signal.addEventListener('abort', () => void process.stdin.destroy(), { once: true })
}

/** Ingests files with progress on standard error. Throws INTERRUPTED after a stop; what was written is kept. */
export async function runIngest(kindred: Kindred, session: Session, request: IngestRequest): Promise<IngestOutcome> {
  const { paths, captured, strict = false, signal } = request
  const progress = createProgress({ stream: process.stderr, silent: session.json })
  const rejections: RejectedRecord[] = []
  let done: IngestProgress = { records: 0, embedded: 0, rejected: 0 }
  const startedAt = performance.now()
  if (paths.includes('-')) readingStopsWith(signal)
  const items = kindred.readSources(paths, { captured, stdin: process.stdin, signal, onBytes: progress.bytes })
  try {
    const report = await ingest(kindred.deps, items, {
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
    throw error
  } finally {
    progress.stop()
  }
}
