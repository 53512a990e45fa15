const waiting: (() => void)[] = []

function letOneOn(): void {
  waiting.shift()?.()
  // Set here, it runs in the next turn: what came in meanwhile is read in between.
  if (waiting.length > 0) setImmediate(letOneOn)
}

/**
 * Resolves in a later turn of the event loop, in which nobody else who waits here goes on. Work in the background does a
 * step in each: steps that several pieces of work do in one turn would add up to what a request has to wait for.
 */
export function ownTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) setImmediate(letOneOn)
  })
}
