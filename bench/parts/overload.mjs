// Part `overload`: how long answers take while the server has other work, and when it is asked for ten times what it can
// do. Requests come at a rate of their own, whether or not answers do, so that a stall counts in full.
import { setTimeout as delay } from 'node:timers/promises'
import { inventPapers } from '../corpus.mjs'
import { withServer } from '../kindred-server.mjs'
import { byClient, load } from '../load/load.mjs'
import { loadMaterial } from '../material.mjs'
import { ownResidentBytes, residentBytes } from '../processes.mjs'
import { createRandom } from '../random.mjs'
import { RequestFile, similarPath } from '../requests.mjs'
import { mean } from '../stats.mjs'
import { overloadReport } from './overload-report.mjs'

const CONNECTIONS = 16
/** Requests a second that a busy group might send: the same for each build, so that a faster one is not asked for more. */
const MODERATE = 250
/** Of what the server can do, where that is less. */
const MODERATE_SHARE = 0.25
const HEALTH_PER_SECOND = 20
const FLOOD_CONNECTIONS = 400
/** A client beside the flood that is not busy itself: what it waits for is the server. */
const BESIDE_PER_SECOND = 50
const PAPERS = 1_000
const LONGEST_MS = 300_000
const SAMPLE_MS = 250
/** How long the server may go on with what an ingest has left to do. */
const SETTLED_MS = 180_000
const LENGTHS = {
  // Quiet for about as long as an ingest takes.
  full: { rounds: 3, quietMs: 10_000, capacityMs: 4_000, floodMs: 60_000 },
  quick: { rounds: 1, quietMs: 4_000, capacityMs: 2_000, floodMs: 10_000 },
}

/** What is quiet is a server that has nothing to do: after an ingest it still embeds sentences. */
async function untilSettled(url) {
  const until = performance.now() + SETTLED_MS
  for (;;) {
    const { papers, sentences } = await (await fetch(`${url}/v1/stats`)).json()
    if (sentences.papers + sentences.failed >= papers) return
    if (performance.now() > until) throw new Error('the server does not come to rest')
    await delay(500)
  }
}

class Watched {
  constructor({ server, dir, order }) {
    this.server = server
    const lines = order.map((at) => similarPath(at))
    this.similar = new RequestFile({ dir, name: 'similar.txt', lines })
    this.health = new RequestFile({ dir, name: 'health.txt', lines: ['/healthz'] })
  }

  /** What one can ask of it, by as many connections as a flood has none. */
  async capacity(ms) {
    const result = await load({ url: this.server.url, ms, connections: CONNECTIONS, ...this.similar.job })
    this.similar.took(result.requests)
    return { perSecond: result.perSecond, p99: result.p99 }
  }

  /** `similar` at a rate and `/healthz` beside it, until the signal, or for `ms`. */
  async watch({ rate, ms = LONGEST_MS, signal, connections = 4 * CONNECTIONS, ...how }) {
    const { url } = this.server
    const [similar, healthz] = await Promise.all([
      byClient({ url, ms, rate, connections, ...how, ...this.similar.job }, signal),
      byClient({ url, ms, rate: HEALTH_PER_SECOND, connections: CONNECTIONS, ...this.health.job }, signal),
    ])
    this.similar.took(similar.requests)
    return { similar, healthz }
  }

  /** The same while the server has nothing else to do. */
  async quiet({ rate, ms }) {
    await untilSettled(this.server.url)
    return this.watch({ rate, ms })
  }

  /** `similar` now and then, from a client that has nothing else to do. */
  async beside(ms) {
    const how = { rate: BESIDE_PER_SECOND, connections: CONNECTIONS, drop: true }
    const seen = await byClient({ url: this.server.url, ms, ...how, ...this.similar.job })
    this.similar.took(seen.requests)
    return seen
  }
}

async function succeed(url, init) {
  const answer = await fetch(url, { method: 'POST', ...init })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text.slice(0, 200)}`)
  return JSON.parse(text)
}

/** Papers that the server has to embed itself, as NDJSON. */
function newPapers(material, round) {
  const random = createRandom(1_000 + round)
  const papers = [...inventPapers(PAPERS, { material, random, prefix: `late-${round}` })]
  return papers
    .map(({ vector: _, ...paper }) => JSON.stringify({ ...paper, title: `Late ${round} ${paper.title}` }))
    .join('\n')
}

/** What is seen from outside while `work` runs. */
async function during(watched, rate, work) {
  const [stop, startedAt] = [new AbortController(), performance.now()]
  const seen = watched.watch({ rate, signal: stop.signal })
  try {
    await work()
  } finally {
    stop.abort()
  }
  return { ...(await seen), seconds: (performance.now() - startedAt) / 1000 }
}

/** The memory of the server's process, and with its embedding processes, as often as it is looked at. */
function sampleMemory(pid) {
  const [own, all] = [[], []]
  const timer = setInterval(() => {
    own.push(ownResidentBytes(pid) ?? 0)
    all.push(residentBytes(pid) ?? 0)
  }, SAMPLE_MS)
  const of = (samples) => ({ first: samples[0], highest: Math.max(...samples), last: samples.at(-1) })
  return () => {
    clearInterval(timer)
    return { ...of(own), withProcesses: of(all) }
  }
}

/** Seconds until a second's answers are as quick as three times the quiet ones at most; null after twenty. */
async function untilNormal(watched, rate, quietP99) {
  const startedAt = performance.now()
  for (let tries = 0; tries < 20; tries += 1) {
    const seconds = (performance.now() - startedAt) / 1000
    const { similar } = await watched.watch({ rate, ms: 1_000, giveUpMs: 1_000 })
    if (similar.p99 <= 3 * quietP99 && similar.refused + similar.failed + similar.unanswered === 0) return seconds
  }
  return null
}

const sentOf = ({ requests, failed, unanswered, seconds }) => (requests + failed + unanswered) / seconds

async function flood(watched, { rate, capacity, floodMs, quietMs }) {
  const quiet = await watched.quiet({ rate, ms: quietMs })
  const memory = sampleMemory(watched.server.pid)
  const how = { connections: FLOOD_CONNECTIONS, drop: true, giveUpMs: 0 }
  const [seen, beside] = await Promise.all([
    watched.watch({ rate: 10 * capacity, ms: floodMs, ...how }),
    watched.beside(floodMs),
  ])
  const normalAfter = await untilNormal(watched, rate, quiet.similar.p99)
  return { quiet, ...seen, beside, normalAfter, memory: memory(), sent: sentOf(seen.similar) }
}

async function measure(context, place) {
  const { rounds, quietMs, capacityMs, floodMs } = context.quick ? LENGTHS.quick : LENGTHS.full
  const material = await loadMaterial(context)
  const { url } = place.server
  const watched = new Watched(place)
  await watched.capacity(capacityMs)
  const full = [await watched.capacity(capacityMs), await watched.capacity(capacityMs)]
  const capacity = mean(full.map(({ perSecond }) => perSecond))
  const rate = Math.round(Math.min(MODERATE, MODERATE_SHARE * capacity))
  const headers = { 'Content-Type': 'application/x-ndjson' }
  const works = {
    ingest: (round) => succeed(`${url}/v1/papers`, { headers, body: newPapers(material, round) }),
    rebuild: () => succeed(`${url}/v1/admin/rebuild`),
  }
  const phases = { ingest: [], rebuild: [] }
  for (let round = 0; round < rounds; round += 1)
    for (const [name, work] of Object.entries(works)) {
      context.log(`${name}, turn ${round + 1} of ${rounds}`)
      const quiet = await watched.quiet({ rate, ms: quietMs })
      phases[name].push({ quiet, busy: await during(watched, rate, () => work(round)) })
    }
  context.log(`ten times too much for ${floodMs / 1000} s`)
  return {
    size: place.lib.size,
    capacity,
    p99AtCapacity: mean(full.map(({ p99 }) => p99)),
    rate,
    phases,
    flood: await flood(watched, { rate, capacity, floodMs, quietMs }),
  }
}

export const overload = {
  name: 'overload',
  title: 'At work, and asked for too much',
  run: (context) => withServer(context, async (place) => overloadReport(await measure(context, place))),
}
