import { fail } from '../domain/errors.ts'
import { sentencesHash } from '../domain/identity.ts'
import { cleanLatex } from '../domain/latex.ts'
import { ownTurn } from '../domain/own-turn.ts'
import type { NewSentences, StoredPaper } from '../domain/ports.ts'
import { sentencesOf } from '../domain/sentences.ts'
import type { Deps } from './deps.ts'
import { isOfTheText } from './embed-each.ts'

/** Small, because what is under way is lost by a stop, and because an ingest waits behind it. */
const BATCH = 8

export interface FillOptions {
  readonly signal?: AbortSignal
  /** Asked before each batch: false leaves the rest for later. */
  readonly goOn?: () => boolean
  readonly onProgress?: (done: number, total: number) => void
}

export interface FillReport {
  /** Papers that got their sentence vectors. */
  filled: number
  /** Ids of papers that were given up, because the model gave no vectors for them. */
  readonly givenUp: string[]
}

/** One call a paper, so that a text that cannot be embedded costs only its own paper. */
async function embedSentences(deps: Deps, { key, paper }: StoredPaper, signal?: AbortSignal): Promise<NewSentences> {
  const spoken = sentencesOf(paper.abstract).flatMap(({ text, start, end }) => {
    const clean = cleanLatex(text)
    return clean === '' ? [] : [{ clean, start, end }]
  })
  const texts = [cleanLatex(paper.title) || paper.title, ...spoken.map(({ clean }) => clean)]
  const [title, ...vectors] = await deps.embedder.embed(texts, 'passage', signal)
  if (!title || vectors.length !== spoken.length) throw new RangeError('the embedder gave too few vectors')
  const sentences = spoken.flatMap(({ start, end }, at) => (vectors[at] ? [{ start, end, vector: vectors[at] }] : []))
  return { key, textHash: sentencesHash(paper), title, sentences }
}

async function fillBatch(deps: Deps, papers: readonly StoredPaper[], { signal }: FillOptions): Promise<FillReport> {
  const begun: Promise<PromiseSettledResult<NewSentences>[]>[] = []
  for (const paper of papers) {
    begun.push(Promise.allSettled([embedSentences(deps, paper, signal)]))
    // Finding the sentences of all of them at once would hold up whoever asks meanwhile.
    await ownTurn()
  }
  const settled = (await Promise.all(begun)).flat()
  const done = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  await deps.store.addSentences(done)
  const givenUp: string[] = []
  for (const [at, one] of settled.entries()) {
    const stored = papers[at]
    if (one.status === 'fulfilled' || !stored) continue
    if (!isOfTheText(one.reason)) throw one.reason
    const textHash = sentencesHash(stored.paper)
    if (await deps.store.noteSentenceFailure({ key: stored.key, textHash })) givenUp.push(stored.paper.id)
  }
  return { filled: done.length, givenUp }
}

/**
 * Embeds the titles and sentences of the papers that lack them, a few papers at a time; what a batch wrote is durable,
 * so that a rerun goes on from there. A paper whose text the model fails at is tried three times and then given up.
 * Throws INTERRUPTED after a stop by the signal.
 */
export async function fillSentences(deps: Deps, options: FillOptions = {}): Promise<FillReport> {
  const report: FillReport = { filled: 0, givenUp: [] }
  // Only for who looks on: the statistics read every paper.
  const stats = options.onProgress && (await deps.store.stats())
  const total = stats ? stats.papers - stats.sentences.papers - stats.sentences.failed : 0
  while (options.goOn?.() ?? true) {
    if (options.signal?.aborted) fail('INTERRUPTED')
    const missing = await deps.store.missingSentences(BATCH)
    if (missing.length === 0) break
    const { filled, givenUp } = await fillBatch(deps, missing, options)
    report.filled += filled
    report.givenUp.push(...givenUp)
    const done = report.filled + report.givenUp.length
    options.onProgress?.(done, Math.max(total, done))
  }
  return report
}
