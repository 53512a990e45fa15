// Servers under load by turns.
import { load } from './load/load.mjs'
import { processorMs } from './processes.mjs'
import { takeTurns } from './stats.mjs'

const WARM_UP_MS = 2_000

/**
 * Runs each of `sides` in turn: `{ name, url, pid, requests, job }`. Gives for each name its runs, with what a request
 * took of the server's processor.
 */
export function loadTurns(sides, { rounds, ms, connections }) {
  const runs = sides.map(({ name, url, pid, requests, job = {} }) => [
    name,
    async () => {
      const before = processorMs(pid)
      const result = await load({ url, ms, connections, ...requests.job, ...job })
      requests.took(result.requests)
      return { ...result, processorMs: (processorMs(pid) - before) / result.requests }
    },
  ])
  return takeTurns(rounds, Object.fromEntries(runs))
}

/**
 * Asks each side for nothing, until it has answered so many requests or the time is up: on a busy machine a second or two
 * are not enough to compile what is called and to read what is kept.
 */
export async function warmUp(sides, { requests, mostMs, connections }) {
  for (const side of sides) {
    const startedAt = performance.now()
    let answered = 0
    while (answered < requests && performance.now() - startedAt < mostMs) {
      const { [side.name]: runs } = await loadTurns([side], { rounds: 1, ms: WARM_UP_MS, connections })
      answered += runs[0].requests
    }
  }
}

/** One value of each run. */
export const valuesOf = (runs, name) => runs.map((run) => run[name])
