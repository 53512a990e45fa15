// One small port over two load generators: wrk where it is installed, which leaves most of the processor to what is
// measured, else ours. Both are processes of their own.
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const CLIENT = fileURLToPath(new URL('client.mjs', import.meta.url))
const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url))

let found
/** Whether wrk can be started here. */
export function hasWrk() {
  found ??= spawnSync('wrk', ['-v']).error === undefined
  return found
}

const lastLine = (text) => JSON.parse(text.trimEnd().split('\n').at(-1))

async function byWrk({ url, file, first, method, headers, connections, ms }) {
  const seconds = Math.max(1, Math.round(ms / 1000))
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '20s', '-s', SCRIPT, url, '--', file]
  const more = [String(first), method, ...Object.entries(headers).map(([name, value]) => `${name}=${value}`)]
  return lastLine((await run('wrk', [...options, ...more])).stdout)
}

/**
 * Runs one job by our own generator: `rate` requests a second where it is given, else as fast as answers come. An aborted
 * signal ends an open loop early, with what it has counted. Answers that are no success are counted, not thrown.
 */
export async function byClient(job, signal) {
  const given = { first: 0, method: 'GET', headers: {}, connections: 1, ...job }
  const running = run(process.execPath, [CLIENT, JSON.stringify(given)])
  const stop = () => running.child.kill('SIGTERM')
  signal?.addEventListener('abort', stop)
  try {
    return lastLine((await running).stdout)
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/**
 * Asks the lines of `file` in turn, from `first` on, for `ms` milliseconds over `connections` connections. A line is a
 * path, or with another method the body that is sent to the address. Gives `{ perSecond, p50, p99, requests, refused,
 * failed, bytes }`, latencies in milliseconds; throws where an answer was no success.
 */
export async function load({ first = 0, method = 'GET', headers = {}, ...job }) {
  const full = { first, method, headers, ...job }
  const result = await (hasWrk() ? byWrk(full) : byClient(full))
  const { refused, failed, requests, seconds } = result
  if (refused + failed > 0)
    throw new Error(`${refused} requests refused and ${failed} failed of ${requests}: ${job.url}`)
  return { ...result, perSecond: requests / seconds }
}
