import { INTERRUPTED } from './exit-code.ts'

/**
 * A terminal sends Ctrl-C to every process of the group, and npm passes it on once more: signals this close together
 * are one wish, not two.
 */
const SAME_WISH_MS = 500

export interface Interruption {
  readonly signal: AbortSignal
  /** Gives the signals back to their default. */
  release(): void
}

/** Turns the first SIGINT or SIGTERM into an abort; the second one ends the process at once. */
export function listenForInterrupts(): Interruption {
  const controller = new AbortController()
  let firstAt: number | null = null
  const onSignal = (): void => {
    const now = performance.now()
    if (firstAt === null) {
      firstAt = now
      controller.abort()
    } else if (now - firstAt > SAME_WISH_MS) {
      process.exit(INTERRUPTED)
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    release: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  }
}
