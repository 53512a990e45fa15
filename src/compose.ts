import { type IndexOptions, openVectorIndex } from './ann/live-index.ts'
import type { Config } from './config.ts'
import { fail, KindredError } from './domain/errors.ts'
import { type Metrics, UNCOUNTED } from './domain/metrics.ts'
import type { ChatModel, Embedder } from './domain/models.ts'
import type { PaperStore } from './domain/ports.ts'
import type { VectorIndex } from './domain/vector-index.ts'
import { createHashEmbedder } from './embed/hash.ts'
import { cacheQueries } from './embed/query-cache.ts'
import { openTransformersEmbedder } from './embed/transformers.ts'
import { openTransformersReranker } from './embed/transformers-reranker.ts'
import type { Deps } from './services/deps.ts'
import { indexGauges } from './services/index-gauges.ts'
import { PaperTexts } from './services/paper-texts.ts'
import type { RerankStage } from './services/rerank.ts'
import { readBody, readSources } from './sources/read.ts'
import { openPaperStore } from './store/papers.ts'
import { walBytes } from './store/wal.ts'
import { takeWriterLock, type WriterLock } from './store/writer-lock.ts'

export { readSources } from './sources/read.ts'
export { findWriter, lockId, takeWriterLock, type WriterLock } from './store/writer-lock.ts'

/** What the composition tells whoever watches; a pino Logger fits. */
export interface Log {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface OpenKindredOptions {
  readonly log?: Log
  /** Nothing is counted without. */
  readonly metrics?: Metrics
  /** Nothing is written and nothing made: an index that is not there is an error. */
  readonly readOnly?: boolean
  /** Read only, and for as long as a server: beside the process that writes, whose writes are followed. */
  readonly follows?: boolean
  /** For as long as a server, where embedding processes wait with their model loaded before they are needed. */
  readonly warm?: boolean
  /** Open an index that was made with another model, to rebuild or to export it. */
  readonly allowStale?: boolean
  /** What others are told who has the index, e.g. `kindred serve`. */
  readonly command?: string
  /** The lock of the folder, where the caller has it already; given back by `close`. */
  readonly lock?: WriterLock | undefined
}

/** A running Kindred: the services' dependencies with their adapters chosen, and the readers of papers. */
export interface Kindred {
  readonly deps: Deps
  readonly readSources: typeof readSources
  readonly readBody: typeof readBody
  /** Had for as long as the index may be written; null where it is only read. */
  readonly lock: WriterLock | null
  /** Writes what is not on disk yet of the derived index, and ends the workers. */
  close(): Promise<void>
}

const HASH_MODEL = 'hash'
const MEBIBYTE = 1024 * 1024
/** Of the memory for papers, and on top of it: a text takes about a quarter of what its paper does as objects. */
const TEXTS_SHARE = 0.5
/** Enough for the first questions and the begin of an ingest; a laptop has better use for the memory of one a core. */
const WARM_WORKERS = 2
const SILENT: Log = { info: () => undefined, error: () => undefined }

async function openEmbedder(config: Config, options: OpenKindredOptions): Promise<Embedder> {
  const { log = SILENT, metrics = UNCOUNTED, warm = false } = options
  if (config.model === HASH_MODEL) return createHashEmbedder()
  const onWorkerReplaced = (why: string) => {
    metrics.count('embed_worker_restarts')
    log.info({ event: 'embed_worker_replaced', why }, 'another embedding process takes the place of one')
  }
  const onWorkerReady = (engine?: string) => {
    log.info({ event: 'embed_worker_ready', engine }, 'an embedding process has loaded the model')
  }
  const { embedWorkers: workers, offline } = config
  // Before the index is in memory: to fork a large process holds it up for 20 ms, a small one hardly.
  const warmWorkers = warm ? WARM_WORKERS : 0
  const events = { onWorkerReplaced, onWorkerReady }
  return openTransformersEmbedder({ ...config, workers, warmWorkers, allowDownload: !offline, ...events })
}

async function openRerankStage(config: Config, log: Log): Promise<RerankStage> {
  const { rerankModel: model, rerankDepth: depth, rerankBudgetMs: budgetMs, offline } = config
  const { modelsDir, cacheDir, dtype, embedWorkers: workers } = config
  const settings = { model, modelsDir, cacheDir, dtype, workers, allowDownload: !offline }
  const reranker = await openTransformersReranker(settings)
  const onFailure: RerankStage['onFailure'] = (err) => {
    // A budget that runs out is no fault: it is there for that.
    const level = err instanceof KindredError && err.code === 'OVERLOADED' ? 'info' : 'error'
    log[level]({ event: 'rerank_failed', err }, 'an answer had to do without the cross-encoder')
  }
  return { reranker, depth, budgetMs, onFailure }
}

/** The client of the endpoint is loaded only where one is configured. Throws CONFIG_INVALID. */
async function chatOf(config: Config): Promise<ChatModel | undefined> {
  const { llmBaseUrl: baseUrl, llmModel: model, llmApiKey: apiKey, llmTimeoutMs: timeoutMs } = config
  if (baseUrl === '') return undefined
  if (model === '') fail('CONFIG_INVALID', 'llmBaseUrl is set, and llmModel is not: name the language model there.')
  const { createOpenAiChat } = await import('./llm/openai.ts')
  const { llmMaxTokens: maxTokens, llmTemperature: temperature } = config
  return createOpenAiChat({ baseUrl, model, apiKey, timeoutMs, maxTokens, temperature })
}

async function refuseStale(store: PaperStore, embedder: Embedder): Promise<void> {
  // Not by the statistics, which read every paper: this is asked at each start.
  if ((await store.missingVectors(1)).length === 0) return
  const { missing } = await store.stats()
  fail(
    'INDEX_STALE',
    `${missing} papers of this index have no vector of the configured model (${embedder.fingerprint}).`,
  )
}

const remedyOfRecall = (ef: Config['ef']): string =>
  ef === 'auto'
    ? 'searches find less than the recall target; a wider search is chosen, and where none is wide enough the graph needs more links (--m, --ef-construction, kindred index rebuild)'
    : `searches find less than the recall target at ef ${ef}; set a larger one, or auto`

function indexEvents({ ef }: Config, log: Log, metrics: Metrics): IndexOptions['events'] {
  return {
    onRebuild: (reason) => {
      metrics.count('index_rebuilds')
      log.info({ event: 'index_rebuild', reason }, 'building a new graph; searches compare with every vector meanwhile')
    },
    onFallback: (reason) => {
      metrics.count('index_fallbacks')
      log.info({ event: 'index_fallback', reason }, 'the newest snapshot cannot be used; the one before it catches up')
    },
    onFailure: (event, err) => {
      metrics.count(event)
      log.error({ event, err }, 'background work on the index failed; it is tried again')
    },
    onSearchWidth: (kind, chosen) => {
      metrics.count('search_width_changes')
      log.info({ event: 'search_width', kind, ...chosen }, 'the graph is searched with another width (ef)')
    },
    onRecallLow: (kind, measured) => {
      metrics.count('recall_alarms')
      log.error({ event: 'recall_low', kind, ...measured }, remedyOfRecall(ef))
    },
  }
}

function addGauges(metrics: Metrics, dir: string, { store, index }: { store: PaperStore; index: VectorIndex }): void {
  const gauges = [
    {
      name: 'papers',
      help: 'Papers in the store.',
      read: async () => (await store.list({ limit: 1, sort: 'addedAt' })).total,
    },
    { name: 'index_generation', help: 'Generation of the store.', read: () => store.generation() },
    ...indexGauges(index),
    { name: 'wal_bytes', help: "Size of the database's write-ahead log.", read: () => walBytes(dir) },
  ]
  for (const gauge of gauges) metrics.addGauge(gauge)
}

/** Closes in reverse what was opened in order; the index still needs the store when it is closed. */
class Opened {
  readonly #parts: { close(): Promise<void> }[] = []

  keep<T extends { close(): Promise<void> }>(part: T): T {
    this.#parts.push(part)
    return part
  }

  async close(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.close()
  }
}

async function takeLock(dir: string, { readOnly, follows, lock, command = 'a program' }: OpenKindredOptions) {
  return readOnly || follows ? null : (lock ?? (await takeWriterLock(dir, command)))
}

/**
 * Opens everything behind the settings; one process at a time may write, and has the folder's lock until `close`. Throws
 * CONFIG_INVALID, MODEL_UNAVAILABLE, MODEL_CORRUPT, STORE_UNREADABLE, STORE_NEWER, INDEX_STALE, INDEX_LOCKED.
 */
export async function openKindred(config: Config, options: OpenKindredOptions = {}): Promise<Kindred> {
  const { indexDir: dir, m, efConstruction, ef, recallTarget } = config
  const { log = SILENT, metrics = UNCOUNTED, follows = false, allowStale = false } = options
  const readOnly = options.readOnly || follows
  const paperCacheBytes = config.paperCacheMb * MEBIBYTE
  const opened = new Opened()
  try {
    const chat = await chatOf(config)
    const lock = await takeLock(dir, options)
    opened.keep({ close: async () => lock?.release() })
    const embedder = opened.keep(cacheQueries(await openEmbedder(config, options)))
    const { fingerprint, dimension, isWord } = embedder
    const store = opened.keep(
      openPaperStore(
        {
          dir,
          readOnly,
          follows,
          aside: true,
          evidence: config.evidence === 'on',
          paperCacheBytes,
        },
        { fingerprint, dimension, isWord },
      ),
    )
    if (!allowStale) await refuseStale(store, embedder)
    const settings = { dimension, m, efConstruction }
    const index = opened.keep(
      await openVectorIndex({
        dir,
        source: store,
        fingerprint,
        settings,
        ef,
        recallTarget,
        readOnly,
        follows,
        events: indexEvents(config, log, metrics),
      }),
    )
    addGauges(metrics, dir, { store, index })
    const rerank = config.rerankModel === '' ? undefined : await openRerankStage(config, log)
    if (rerank) opened.keep(rerank.reranker)
    const texts = new PaperTexts(paperCacheBytes * TEXTS_SHARE)
    const deps = { store, index, embedder, rerank, chat, metrics, texts, now: () => new Date() }
    return { deps, readSources, readBody, lock, close: () => opened.close() }
  } catch (error) {
    await opened.close()
    throw error
  }
}
