// One small port over the load generators, each a process of its own. What is compiled leaves most of the processor to
// what is measured: wrk where it is installed, and for requests at a rate open-loop.cc where it can be compiled; else
// client.mjs.
import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compiledProgram } from '../compiled.mjs'

const run = promisify(execFile)
const CLIENT = fileURLToPath(new URL('client.mjs', import.meta.url))
const SCRIPT = fileURLToPath(new URL('wrk.lua', import.meta.url))
const OPEN_LOOP = fileURLToPath(new URL('open-loop.cc', import.meta.url))

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

/** How long an open loop waits for its last answers. */
const GIVE_UP_MS = 5_000

/** open-loop.cc and its arguments, for a job that it can do; else null. */
async function compiledFor({ url, file, first, rate, ms, connections, drop, giveUpMs, method, headers }) {
  const isPlain = rate !== undefined && method === 'GET' && Object.keys(headers).length === 0
  const program = isPlain ? await compiledProgram(OPEN_LOOP) : null
  if (program === null) return null
  const { hostname, port } = new URL(url)
  const numbers = [first, rate, ms, connections, drop ? 1 : 0, giveUpMs]
  return [program, [hostname, port, file, ...numbers.map(String)]]
}

/**
 * Runs one job by our own generators: `rate` requests a second where it is given, else as fast as answers come. An
 * aborted signal ends an open loop early, with what it has counted. Answers that are no success are counted, not thrown.
 * `compiled: false` keeps to the one in JavaScript.
 */
export async function byClient({ compiled = true, ...job }, signal) {
  const given = { first: 0, method: 'GET', headers: {}, connections: 1, drop: false, giveUpMs: GIVE_UP_MS, ...job }
  const [command, args] = (compiled && (await compiledFor(given))) || [
    process.execPath,
    [CLIENT, JSON.stringify(given)],
  ]
  const running = run(command, args)
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
