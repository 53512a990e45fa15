import { once } from 'node:events'
import type { Kindred } from '../compose.ts'
import { goFirst } from '../disk/scheduling.ts'
import type { HttpContext } from '../http/context.ts'
import type { RunningServer } from '../http/server.ts'
import { type KeepEvents, keepSentences } from '../services/keep-sentences.ts'
import { loadReranker } from '../services/rerank.ts'
import { collectRarely } from './heap.ts'
import type { Session } from './session.ts'
import { VERSION } from './version.ts'

const MEBIBYTE = 1024 * 1024

interface Serving {
  readonly url: string
  readonly papers: number
  /** Where it takes what the processes beside it forward; null where there are none. */
  readonly port: number | null
}

export interface RunServerOptions {
  readonly signal: AbortSignal
  readonly onServing: (serving: Serving) => Promise<void>
  readonly onStopping?: () => void
  /** Other processes serve at the same port, and forward to this one what is to be written. */
  readonly isShared?: boolean
  /** In a process that only reads: where to forward it to. */
  readonly writerPort?: HttpContext['writerPort']
}

function fillEvents({ log }: Session): KeepEvents {
  return {
    onFilled: (papers) => log.info({ event: 'sentences_filled', papers }, 'embedded the sentences of papers'),
    onGivenUp: (ids) => log.warn({ event: 'sentences_given_up', ids }, 'the model failed at sentences of papers'),
    onFailure: (err) => log.error({ event: 'sentences_failed', err }, 'embedding sentences failed; tried again later'),
  }
}

async function contextOf(kindred: Kindred, session: Session, options: RunServerOptions): Promise<HttpContext> {
  const { deps, readBody, lock } = kindred
  const { indexDir: dir, keepBackups: keep, answerCacheMb } = session.config
  const answerCacheBytes = answerCacheMb * MEBIBYTE
  const { writerPort } = options
  const { log, requestLog } = session
  const common = { deps, readBody, log, requestLog, version: VERSION, answerCacheBytes, writerPort }
  if (!lock) return common
  const { createShelf } = await import('../maintenance.ts')
  return { ...common, lockId: lock.id, backup: createShelf({ dir, version: VERSION, keep }) }
}

/** What is asked for first is then in memory already. */
function readAhead({ deps }: Kindred, { log }: Session): { close(): Promise<void> } {
  const stop = new AbortController()
  const done = deps.store.readAhead(stop.signal).catch((err: unknown) => {
    log.warn({ event: 'read_ahead_failed', err }, 'papers could not be read into memory ahead of time')
  })
  return {
    close: () => {
      stop.abort()
      return done
    },
  }
}

const portOf = (server: RunningServer | null): number | null => (server ? Number(new URL(server.url).port) : null)

/** Serves until the signal says otherwise; in the process that writes the sentences are embedded beside it. */
export async function runServer(kindred: Kindred, session: Session, options: RunServerOptions): Promise<void> {
  const { startServer } = await import('../http/server.ts')
  goFirst()
  collectRarely()
  const { deps, lock } = kindred
  await loadReranker(deps)
  const { host, port, maxQueue, maxWaitMs } = session.config
  const limits = { maxQueue, maxWaitMs }
  const context = await contextOf(kindred, session, options)
  const open: { close(): Promise<void> }[] = []
  try {
    const own = options.isShared
      ? await startServer(context, { host: '127.0.0.1', port: 0, isPrivate: true, ...limits })
      : null
    if (own) open.push(own)
    const server = await startServer(context, { host, port, ...limits })
    open.push(server)
    open.push(readAhead(kindred, session))
    if (lock) open.push(keepSentences(deps, fillEvents(session)))
    const { papers } = await deps.store.stats()
    lock?.announce(server.url)
    await options.onServing({ url: server.url, papers, port: portOf(own) })
    if (!options.signal.aborted) await once(options.signal, 'abort')
    options.onStopping?.()
  } finally {
    lock?.announce(null)
    // The one that others wait for last.
    for (const part of open.reverse()) await part.close()
  }
}
