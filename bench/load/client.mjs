// A load generator in a process of its own: `node client.mjs <job as JSON>`, one line of JSON back.
// closed: each of the connections asks again as soon as it has its answer, which tells throughput.
// open: requests come at a given rate whether or not answers do, and a latency counts from when its request was due, so
// that a server that stalls is not flattered (no coordinated omission); with `drop`, one that is due while no connection
// is free is left out instead, and a latency counts from when its request was sent. SIGTERM ends them early.
// open-loop.cc is the open loop once more, for less of the processor.
import { readFileSync } from 'node:fs'
import { quantile } from '../stats.mjs'
import { Connection, requestBytes } from './connection.mjs'

/** Of the kept latencies; enough for a p99 of any run here. */
const MAX_KEPT = 2_000_000
function readRequests({ target, file, first, method, headers }) {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  const bytes = new Array(lines.length)
  let at = first - 1
  return () => {
    at = (at + 1) % lines.length
    bytes[at] ??= requestBytes(
      target,
      method === 'GET' ? { path: lines[at], headers } : { method, path: target.path, headers, body: lines[at] },
    )
    return bytes[at]
  }
}

class Tally {
  accepted = []
  refused = []
  failed = 0
  bytes = 0
  unanswered = 0

  add({ status, bytes }, ms) {
    this.bytes += bytes
    const list = status === 0 ? null : status < 400 ? this.accepted : this.refused
    if (list === null) this.failed += 1
    else if (list.length < MAX_KEPT) list.push(ms)
  }

  summary(seconds) {
    const of = (list) => ({ count: list.length, p50: quantile(list, 0.5), p99: quantile(list, 0.99) })
    const { accepted, refused, failed, bytes, unanswered } = this
    const requests = accepted.length + refused.length
    const all = { requests, seconds, bytes, failed, unanswered, refused: refused.length }
    return { ...all, p50: quantile(accepted, 0.5), p99: quantile(accepted, 0.99), refusals: of(refused) }
  }
}

function closedLoop({ connections, ms }, { target, next, tally }) {
  const until = performance.now() + ms
  const ask = (connection, done) => {
    const startedAt = performance.now()
    if (startedAt >= until) return done(connection)
    connection.send(next(), (answer) => {
      tally.add(answer, performance.now() - startedAt)
      // A refused connection fails at once: never in the same turn again.
      if (answer.status === 0) setTimeout(ask, 10, connection, done)
      else ask(connection, done)
    })
  }
  const all = Array.from({ length: connections }, () => new Promise((done) => ask(new Connection(target), done)))
  return Promise.all(all)
}

/**
 * Requests become due by the clock and wait for a free connection in their order; what a timer of this process is late
 * by is not charged to the server.
 */
function openLoop({ connections, ms, rate, drop, giveUpMs }, { target, next, tally }) {
  const all = Array.from({ length: connections }, () => new Connection(target))
  const idle = [...all]
  const waiting = []
  const startedAt = performance.now()
  let total = Math.floor((rate * ms) / 1000)
  let [due, taken, ended] = [0, 0, 0]
  const dispatch = () => {
    while (taken < waiting.length && idle.length > 0) {
      // In turn, as if each were somebody else's.
      const connection = idle.shift()
      const since = drop ? performance.now() : waiting[taken]
      taken += 1
      connection.send(next(), (answer) => {
        tally.add(answer, performance.now() - since)
        ended += 1
        idle.push(connection)
        dispatch()
      })
    }
  }
  let until = startedAt + ms
  process.once('SIGTERM', () => {
    until = performance.now()
    total = due
  })
  return new Promise((resolve) => {
    const tick = () => {
      const now = performance.now()
      for (; due < total && startedAt + (due * 1000) / rate <= now; due += 1) waiting.push(now)
      dispatch()
      if (drop) ended += waiting.length - taken
      if (drop) waiting.length = taken
      if (ended === total || now > until + giveUpMs) {
        tally.unanswered = total - ended
        resolve(all)
      } else setTimeout(tick, 1)
    }
    tick()
  })
}

async function main(job) {
  const { hostname: host, port, pathname, search } = new URL(job.url)
  const target = { host, port: Number(port), path: pathname + search }
  const tally = new Tally()
  const run = { target, tally, next: readRequests({ ...job, target }) }
  const startedAt = performance.now()
  const connections = await (job.rate ? openLoop : closedLoop)(job, run)
  console.log(JSON.stringify(tally.summary((performance.now() - startedAt) / 1000)))
  for (const connection of connections) connection.close()
  process.exit(0)
}

await main(JSON.parse(process.argv[2]))
