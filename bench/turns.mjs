// Servers under load by turns.
import { load } from './load/load.mjs'
import { processorMs } from './processes.mjs'
import { takeTurns } from './stats.mjs'

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

/** One value of each run. */
export const valuesOf = (runs, name) => runs.map((run) => run[name])
