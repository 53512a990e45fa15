/**
 * Work in small steps, a turn of the event loop each, from when it is first asked for until a step says that nothing is
 * left. It is a convenience that nothing depends on: the first failure ends it.
 */
export function createTurns(step: () => boolean) {
  let isBegun = false
  let isOver = false

  function turn(): void {
    if (isOver) return
    try {
      isOver = !step()
    } catch {
      isOver = true
    }
    if (!isOver) setImmediate(turn)
  }

  return {
    start: (): void => {
      if (!isBegun) setImmediate(turn)
      isBegun = true
    },
    stop: (): void => {
      isOver = true
    },
  }
}
