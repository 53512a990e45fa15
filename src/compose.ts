import { type IndexOptions, openVectorIndex } from './ann/live-index.ts'
import type { Config } from './config.ts'
import { fail } from './domain/errors.ts'
import type { Embedder, PaperStore } from './domain/ports.ts'
import { createHashEmbedder } from './embed/hash.ts'
import { openTransformersEmbedder } from './embed/transformers.ts'
import type { Deps } from './services/deps.ts'
import { readBody, readSources } from './sources/read.ts'
import { openPaperStore } from './store/papers.ts'

/** What the composition tells whoever watches; a pino Logger fits. */
export interface Log {
  info(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface OpenKindredOptions {
  readonly log?: Log
  /** Nothing is written and nothing made: an index that is not there is an error. */
  readonly readOnly?: boolean
  /** Open an index that was made with another model, to rebuild or to export it. */
  readonly allowStale?: boolean
}

/** A running Kindred: the services' dependencies with their adapters chosen, and the readers of papers. */
export interface Kindred {
  readonly deps: Deps
  readonly readSources: typeof readSources
  readonly readBody: typeof readBody
  /** Writes what is not on disk yet of the derived index, and ends the workers. */
  close(): Promise<void>
}

const HASH_MODEL = 'hash'
const SILENT: Log = { info: () => undefined, error: () => undefined }

async function openEmbedder(config: Config): Promise<Embedder> {
  if (config.model === HASH_MODEL) return createHashEmbedder()
  return openTransformersEmbedder({ ...config, allowDownload: !config.offline })
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

function indexEvents(log: Log): IndexOptions['events'] {
  return {
    onRebuild: (reason) =>
      log.info(
        { event: 'index_rebuild', reason },
        'building a new graph; searches compare with every vector meanwhile',
      ),
    onFailure: (event, err) => log.error({ event, err }, 'background work on the index failed'),
  }
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

/**
 * Opens everything behind the settings. Throws MODEL_UNAVAILABLE, MODEL_CORRUPT, STORE_UNREADABLE, STORE_NEWER,
 * INDEX_STALE.
 */
export async function openKindred(config: Config, options: OpenKindredOptions = {}): Promise<Kindred> {
  const { indexDir: dir, m, efConstruction, ef } = config
  const { log = SILENT, readOnly = false, allowStale = false } = options
  const opened = new Opened()
  try {
    const embedder = opened.keep(await openEmbedder(config))
    const { fingerprint, dimension, isWord } = embedder
    const store = opened.keep(
      openPaperStore({ dir, readOnly, evidence: config.evidence === 'on' }, { fingerprint, dimension, isWord }),
    )
    if (!allowStale) await refuseStale(store, embedder)
    const settings = { dimension, m, efConstruction }
    const index = opened.keep(
      await openVectorIndex({ dir, source: store, fingerprint, settings, ef, readOnly, events: indexEvents(log) }),
    )
    const deps = { store, index, embedder, now: () => new Date() }
    return { deps, readSources, readBody, close: () => opened.close() }
  } catch (error) {
    await opened.close()
    throw error
  }
}
