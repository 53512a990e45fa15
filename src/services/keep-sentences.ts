import type { Deps } from './deps.ts'
import { fillSentences } from './fill-sentences.ts'

const LOOK_EVERY_MS = 2_000
/** After a failure that was not of one text, e.g. a full disk. */
const RETRY_AFTER_MS = 60_000

export interface KeepEvents {
  readonly onFilled?: (papers: number) => void
  readonly onGivenUp?: (ids: readonly string[]) => void
  readonly onFailure?: (error: unknown) => void
}

export interface KeepOptions extends KeepEvents {
  readonly lookEveryMs?: number
}

/**
 * Fills the sentences of new and changed papers in the background, also of those that another process wrote. Two looks
 * at the same generation are a calm: an ingest under way keeps the workers for itself. The timer holds no process.
 */
export function keepSentences(deps: Deps, options: KeepOptions = {}): { close(): Promise<void> } {
  const stop = new AbortController()
  let seen = Number.NaN
  let filled = Number.NaN
  let notBefore = 0
  let running: Promise<void> = Promise.resolve()
  let busy = false

  async function fill(generation: number): Promise<void> {
    const goOn = () => deps.store.generation() === generation
    const report = await fillSentences(deps, { signal: stop.signal, goOn })
    if (report.filled > 0) options.onFilled?.(report.filled)
    if (report.givenUp.length > 0) options.onGivenUp?.(report.givenUp)
    if (goOn()) filled = generation
  }

  function onFailure(error: unknown): void {
    if (stop.signal.aborted) return
    notBefore = performance.now() + RETRY_AFTER_MS
    options.onFailure?.(error)
  }

  async function look(): Promise<void> {
    const generation = deps.store.generation()
    const calm = generation === seen
    seen = generation
    if (calm && filled !== generation && performance.now() >= notBefore) await fill(generation)
  }

  const onTick = (): void => {
    if (busy) return
    busy = true
    running = look()
      .catch(onFailure)
      .finally(() => {
        busy = false
      })
  }
  const timer = setInterval(onTick, options.lookEveryMs ?? LOOK_EVERY_MS)
  timer.unref()
  return {
    close: async () => {
      clearInterval(timer)
      stop.abort()
      await running
    },
  }
}
