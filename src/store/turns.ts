import { setImmediate } from 'node:timers/promises'

/** Work in small steps, a turn of the event loop each, until a step says that nothing is left or the signal ends it. */
export async function inTurns(step: () => boolean, signal: AbortSignal): Promise<void> {
  await setImmediate()
  while (!signal.aborted && step()) await setImmediate()
}
