import type { z } from 'zod'
import { fail } from '../domain/errors.ts'
import { type Hit, SearchRequest } from '../domain/query.ts'
import { citationKeysOf } from '../services/bibliography/write.ts'
import type { Deps } from '../services/deps.ts'
import { loadReranker, wantsRerank } from '../services/rerank.ts'
import { searchPapers } from '../services/search.ts'

/** A search as it is written in JSON. */
export type Question = z.input<typeof SearchRequest>

/** What a retriever asks, wherever the papers are. An aborted signal ends the wait at once, with INTERRUPTED. */
export interface Library {
  search(question: Question, signal?: AbortSignal): Promise<Hit[]>
  /** The citation keys of papers, by their ids. */
  citationKeys(ids: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, string>>
}

export const interrupted = (cause: unknown): never => fail('INTERRUPTED', 'The retrieval was cancelled.', { cause })

/** The outcome of the work, or INTERRUPTED as soon as the signal says so; the work itself goes on unheard. */
async function untilAborted<T>(start: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return start()
  if (signal.aborted) interrupted(signal.reason)
  let stop = (): void => undefined
  const aborted = new Promise<unknown>((resolve) => {
    stop = () => resolve(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([start(), aborted.then(interrupted)])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function parsed(question: Question): SearchRequest {
  const { data, error } = SearchRequest.safeParse(question)
  if (data) return data
  const issues = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  return fail('INVALID_REQUEST', issues.map(({ path, message }) => `${path}: ${message}`).join('; '), { issues })
}

/** The papers of an index that this process has open. */
export function openedLibrary(deps: Deps): Library {
  let loaded: Promise<void> | undefined
  const search = async (question: Question): Promise<Hit[]> => {
    const request = parsed(question)
    if (wantsRerank(request)) {
      loaded ??= loadReranker(deps)
      await loaded
    }
    return (await searchPapers(deps, request)).data
  }
  return {
    search: (question, signal) => untilAborted(() => search(question), signal),
    citationKeys: (ids, signal) => untilAborted(() => citationKeysOf(deps, ids), signal),
  }
}
