import { fail } from '../domain/errors.ts'
import type { Deps } from '../services/deps.ts'
import { fillSentences } from '../services/fill-sentences.ts'
import { createProgress } from './progress.ts'
import type { Session } from './session.ts'
import { counted } from './style.ts'

const LATER = 'the same command or `kindred serve` goes on from there'

/**
 * Embeds the sentences of the papers that lack them, with progress on standard error; the papers are found without it.
 * Throws INTERRUPTED after a stop; what is done is kept.
 */
export async function runFill(deps: Deps, session: Session, signal: AbortSignal): Promise<void> {
  if (!deps.store.lacksSentences()) return
  session.output.note('The papers can be searched. Embedding their sentences, for ranking and evidence …')
  const progress = createProgress({ stream: process.stderr, silent: session.json })
  let left = 0
  try {
    const { givenUp } = await fillSentences(deps, {
      signal,
      onProgress: (done, total) => {
        left = total - done
        progress.papers(done, total)
      },
    })
    if (givenUp.length > 0) {
      const papers = counted(givenUp.length, 'paper')
      session.output.note(`warning: the model failed at sentences of ${papers}, which show no evidence: ${givenUp[0]}`)
    }
  } catch (error) {
    if (!signal.aborted) throw error
    const papers = left > 0 ? `the sentences of ${counted(left, 'paper')} are left` : 'some sentences are left'
    fail('INTERRUPTED', `All papers are in; ${papers}, ${LATER}.`)
  } finally {
    progress.stop()
  }
}
