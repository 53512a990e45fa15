import { fail, type KindredError } from '../domain/errors.ts'
import { ownTurn } from '../domain/own-turn.ts'
import { passageText } from '../domain/passage.ts'
import type { Deps } from './deps.ts'
import { embedEach } from './embed-each.ts'

const BATCH = 64
/** When the model fails at so many papers it is hardly theirs, and nobody takes them out one by one. */
const MAX_FAILED = 100
const NAMED = 10

export interface RebuildOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, total: number) => void
}

/** The error that the model had with each paper, by key. */
type Failed = Map<number, { readonly id: string; readonly error: KindredError }>

/** A batch of those that lack a vector. Gives how many were tried; 0 where no other paper is left. */
async function embedBatch({ store, embedder }: Deps, failed: Failed, signal?: AbortSignal): Promise<number> {
  // Those that failed come again each time.
  const missing = await store.missingVectors(BATCH + failed.size)
  const papers = missing.filter(({ key }) => !failed.has(key))
  const texts: string[] = []
  for (const { paper } of papers) {
    texts.push(passageText(paper))
    await ownTurn()
  }
  const results = await embedEach(embedder, texts, signal)
  const added = papers.flatMap(({ key, paper, textHash }, at) => {
    const result = results[at]
    if (result instanceof Float32Array) return [{ key, textHash, vector: result }]
    if (result) failed.set(key, { id: paper.id, error: result })
    return []
  })
  if (added.length > 0) await store.addVectors(added)
  return papers.length
}

function refuse(failed: Failed): never {
  const [first] = failed.values()
  const ids = [...failed.values()].slice(0, NAMED).map(({ id }) => id)
  const more = failed.size > NAMED ? ' and others' : ''
  return fail(
    'EMBEDDING_FAILED',
    `The model fails at ${ids.join(', ')}${more}; \`kindred remove\` takes a paper out, and a rerun goes on from here.`,
    { cause: first?.error },
  )
}

/**
 * Makes the index anew from the papers: embeds those that have no vector of the configured model (all of them after the
 * model was changed, those whose vectors are damaged in any case), then builds a fresh graph. Stopped half-way, a rerun
 * goes on; the vectors of the former model go last. Papers whose sentences were given up are missing them again. Throws
 * EMBEDDING_FAILED, which names the papers that the model fails at, after it has embedded the others.
 */
export async function rebuildIndex(deps: Deps, options: RebuildOptions = {}): Promise<{ embedded: number }> {
  const { store, index } = deps
  if (index.status().degraded.includes('vectors-damaged')) await store.dropFaultyVectors()
  // Only for who looks on: the statistics read every paper.
  const missing = options.onProgress ? (await store.stats()).missing : 0
  const failed: Failed = new Map()
  let tried = 0
  for (;;) {
    const batch = await embedBatch(deps, failed, options.signal)
    if (batch === 0) break
    if (failed.size >= MAX_FAILED) refuse(failed)
    tried += batch
    options.onProgress?.(tried - failed.size, Math.max(missing, tried))
  }
  if (failed.size > 0) refuse(failed)
  for (const step of [store.dropForeignVectors, store.retrySentences, () => index.sync()]) {
    await ownTurn()
    await step()
  }
  await index.rebuild()
  return { embedded: tried }
}
