import { ownTurn } from '../domain/own-turn.ts'

/** Work in small steps, a turn of the event loop each, until a step says that nothing is left or the signal ends it. */
export async function inTurns(step: () => boolean, signal: AbortSignal): Promise<void> {
  await ownTurn()
  while (!signal.aborted && step()) await ownTurn()
}
