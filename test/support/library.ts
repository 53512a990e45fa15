import { onTestFinished } from 'vitest'
import { type IndexOptions, openVectorIndex } from '../../src/ann/live-index.ts'
import type { KindredError } from '../../src/domain/errors.ts'
import { type CounterName, UNCOUNTED } from '../../src/domain/metrics.ts'
import type { Embedder } from '../../src/domain/models.ts'
import type { SourceItem, VectorSource } from '../../src/domain/ports.ts'
import type { QueryKind, VectorIndex } from '../../src/domain/vector-index.ts'
import { createHashEmbedder } from '../../src/embed/hash.ts'
import type { Deps } from '../../src/services/deps.ts'
import { type IngestOptions, type IngestReport, ingest } from '../../src/services/ingest.ts'
import { PaperTexts } from '../../src/services/paper-texts.ts'
import type { OpenOptions } from '../../src/store/open.ts'
import { openPaperStore } from '../../src/store/papers.ts'
import { tempDir } from './temp-dir.ts'

export const DIMENSION = 64
export const SPACE = { fingerprint: createHashEmbedder({ dimension: DIMENSION }).fingerprint, dimension: DIMENSION }
export const GRAPH = { dimension: DIMENSION, m: 16, efConstruction: 200 }

interface CountingEmbedder extends Embedder {
  readonly texts: string[]
}

/** The real hash embedder, and a list of the texts that went through it. */
export function countingEmbedder(
  model = 'hash',
  before: () => Promise<void> = async () => undefined,
): CountingEmbedder {
  const inner = createHashEmbedder({ dimension: DIMENSION, model })
  const texts: string[] = []
  return {
    ...inner,
    texts,
    embed: async (batch, kind, signal) => {
      await before()
      texts.push(...batch)
      return inner.embed(batch, kind, signal)
    },
  }
}

export interface IndexDiary {
  readonly rebuilds: string[]
  readonly fallbacks: string[]
  readonly failures: unknown[]
  /** Kinds of queries that fell short of the target. */
  readonly alarms: QueryKind[]
  /** Search widths that were chosen, e.g. `paper 16`. */
  readonly widths: string[]
}

/** The live index over a source, and what it said; closed when the test ends. */
export async function openIndex(
  source: VectorSource,
  dir: string,
  over: Partial<IndexOptions> = {},
): Promise<VectorIndex & IndexDiary> {
  const rebuilds: string[] = []
  const fallbacks: string[] = []
  const failures: unknown[] = []
  const alarms: QueryKind[] = []
  const widths: string[] = []
  const events: IndexOptions['events'] = {
    onSearchWidth: (kind, { ef }) => void widths.push(`${kind} ${ef}`),
    onRecallLow: (kind) => void alarms.push(kind),
    onRebuild: (reason: string) => void rebuilds.push(reason),
    onFallback: (reason: string) => void fallbacks.push(reason),
    onFailure: (_what: string, error: unknown) => void failures.push(error),
  }
  const options: IndexOptions = {
    dir,
    source,
    fingerprint: SPACE.fingerprint,
    settings: GRAPH,
    ef: 64,
    events,
    ...over,
  }
  const index = await openVectorIndex(options)
  onTestFinished(() => index.close())
  return Object.assign(index, { rebuilds, fallbacks, failures, alarms, widths })
}

export function openStore(dir: string, space = SPACE, options: Partial<OpenOptions> = {}) {
  const store = openPaperStore({ dir, ...options }, space)
  onTestFinished(() => store.close())
  return store
}

export interface Library extends Deps {
  readonly dir: string
  readonly embedder: CountingEmbedder
  /** What was counted, in order. */
  readonly counted: CounterName[]
}

/** Store, index and hash embedder over one folder. */
export async function openLibrary(dir = tempDir(), embedder = countingEmbedder()): Promise<Library> {
  const { fingerprint, dimension } = embedder
  const store = openStore(dir, { fingerprint, dimension })
  const index = await openIndex(store, dir, { fingerprint })
  const counted: CounterName[] = []
  const metrics = { ...UNCOUNTED, count: (name: CounterName) => void counted.push(name) }
  return {
    dir,
    store,
    index,
    embedder,
    counted,
    metrics,
    texts: new PaperTexts(2 ** 20),
    now: () => new Date('2024-05-06T07:08:09.000Z'),
  }
}

export async function* items(records: Iterable<unknown>, source = 'a.jsonl'): AsyncGenerator<SourceItem> {
  let line = 0
  for (const record of records) {
    line += 1
    yield { source, line, record }
  }
}

let runs = 0

export interface Added extends IngestReport {
  readonly refused: { readonly line: number; readonly error: KindredError }[]
}

/** Ingests records as if they stood in one file. */
export async function add(
  deps: Deps,
  records: Iterable<unknown>,
  { source = 'a.jsonl', ...options }: Partial<IngestOptions> & { source?: string } = {},
): Promise<Added> {
  runs += 1
  const refused: Added['refused'] = []
  const onRejected = ({ line, error }: Added['refused'][number]) => void refused.push({ line, error })
  const report = await ingest(deps, items(records, source), { run: `run ${runs}`, onRejected, ...options })
  return { ...report, refused }
}
