// What an overload does to a server: `npm run build && node scripts/bench-overload.mjs [--index dir] [--path /v1/…]
// [--seconds 60] [--factor 10] [--connections 1000] [-- serve options…]`.
// 1. Capacity: 16 connections, each with one request after the other.
// 2. Quiet: an open loop at 90 % of it.
// 3. Overload: an open loop at `factor` times the capacity. Requests are due at fixed times whatever the server does, and
//    a latency counts from then on, also while no connection is free (no coordinated omission). /healthz is asked 10
//    times a second beside it.
// 4. After: 90 % again; normal is the first half second without a refusal and with a p99 of twice the quiet one at most.
// {id} in the path stands for a random paper, {n} for a number of its own. Without an index one of 2,000 papers is made,
// with the hash model. The load comes from this process: it takes a core itself, and says where it fell behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createRandom } from '../dist/services/evaluate/random.js'

const PROGRAM = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    index: { type: 'string' },
    path: { type: 'string', default: '/v1/papers/{id}/similar' },
    seconds: { type: 'string', default: '60' },
    factor: { type: 'string', default: '10' },
    connections: { type: 'string', default: '1000' },
    rate: { type: 'string' },
  },
})
const [SECONDS, FACTOR, CONNECTIONS] = [values.seconds, values.factor, values.connections].map(Number)
const random = createRandom(1)
const quantile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
const shown = (ms) => (Number.isNaN(ms) ? '–' : `${ms.toFixed(1)} ms`)

/** One connection: a request, its answer, and so on. Knows of HTTP what our answers need: a status and a length. */
class Connection {
  constructor(port, onIdle, onLost) {
    this.onLost = onLost
    this.onIdle = onIdle
    this.waiting = null
    this.chunks = ''
    this.missing = -1
    this.socket = connect(port, '127.0.0.1', () => onIdle(this)).setNoDelay()
    this.socket.setEncoding('latin1')
    this.socket.on('data', (text) => this.read(text))
    this.socket.on('error', () => {})
    this.socket.on('close', () => onLost(this))
  }

  send(path, done) {
    this.waiting = done
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
  }

  read(text) {
    if (this.missing < 0) {
      this.chunks += text
      const end = this.chunks.indexOf('\r\n\r\n')
      if (end < 0) return
      this.status = Number(this.chunks.slice(9, 12))
      const length = /content-length: (\d+)/i.exec(this.chunks.slice(0, end))?.[1]
      if (length === undefined) throw new Error('an answer without a length')
      this.missing = Number(length) - (this.chunks.length - end - 4)
      this.chunks = ''
    } else this.missing -= text.length
    if (this.missing > 0) return
    this.missing = -1
    const done = this.waiting
    this.waiting = null
    done(this.status)
    this.onIdle(this)
  }
}

/** Requests at fixed times over at most so many connections. */
async function openLoop({ port, rate, seconds, pathOf, onAnswer = () => {} }) {
  const found = { sent: 0, ok: [], refused: [], other: 0, lost: 0, behind: 0 }
  const idle = []
  const due = []
  let open = 0
  let connecting = 0
  const settle = (at) => (status) => {
    const ms = performance.now() - at
    if (status === 200) found.ok.push(ms)
    else if (status === 503) found.refused.push(ms)
    else found.other += 1
    onAnswer(status, ms)
  }
  const give = (connection) => {
    const at = due.shift()
    if (at === undefined) idle.push(connection)
    else connection.send(pathOf(), settle(at))
  }
  const lost = (connection) => {
    open -= 1
    if (connection.waiting) found.lost += 1
    const at = idle.indexOf(connection)
    if (at >= 0) idle.splice(at, 1)
  }
  const all = new Set()
  const began = performance.now()
  for (;;) {
    const now = performance.now()
    const wanted = Math.min(rate * seconds, Math.floor(((now - began) / 1000) * rate))
    while (found.sent < wanted) {
      const at = began + (found.sent / rate) * 1000
      found.sent += 1
      const connection = idle.pop()
      if (connection) connection.send(pathOf(), settle(at))
      else due.push(at)
    }
    const missing = Math.min(due.length - connecting, CONNECTIONS - open)
    for (let at = 0; at < missing; at += 1) {
      open += 1
      connecting += 1
      const connection = new Connection(port, give, lost)
      connection.socket.once('connect', () => {
        connecting -= 1
      })
      all.add(connection)
    }
    if (now - began >= seconds * 1000) break
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  found.behind = due.splice(0).length
  const until = performance.now() + 5_000
  while ([...all].some(({ waiting }) => waiting) && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  for (const { socket } of all) socket.destroy()
  return found
}

/** As many requests as so many connections get answered, one after the other each. */
async function closedLoop({ port, connections, seconds, pathOf }) {
  const times = []
  const until = performance.now() + seconds * 1000
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise((resolve) => {
          const connection = new Connection(
            port,
            () => {
              const at = performance.now()
              if (at >= until) return resolve(connection.socket.destroy())
              connection.send(pathOf(), (status) => status === 200 && times.push(performance.now() - at))
            },
            resolve,
          )
        }),
    ),
  )
  return times.sort((one, other) => one - other)
}

function residentBytes(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024
  } catch {
    return 0
  }
}

async function startServer(dir, env) {
  const args = [PROGRAM, 'serve', '--index', dir, '--port', '0', '--json', '--log-level', 'warn', ...positionals]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const [line] = await once(createInterface(child.stdout), 'line')
  return { child, port: Number(new URL(JSON.parse(line).url).port) }
}

const WORDS = 'attention graph protein diffusion retrieval token image policy sparse kernel latent speech robust causal'
async function madeIndex() {
  const dir = mkdtempSync(join(tmpdir(), 'kindred-overload-'))
  const words = WORDS.split(' ')
  const some = (count) => Array.from({ length: count }, () => words[Math.floor(random() * words.length)]).join(' ')
  const lines = Array.from({ length: 2_000 }, (_, at) =>
    JSON.stringify({ id: `study-${at}`, title: `${some(6)} ${at}`, abstract: `${some(60)}. ${some(60)}.` }),
  )
  const file = join(dir, 'papers.jsonl')
  writeFileSync(file, lines.join('\n'))
  const index = join(dir, 'index')
  const child = spawn(process.execPath, [PROGRAM, 'ingest', file, '--index', index, '--model', 'hash'])
  await once(child, 'exit')
  return { dir, index }
}

async function idsOf(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/papers?limit=100`)
  return (await answer.json()).data.map(({ id }) => encodeURIComponent(id))
}

/** A server embeds the sentences of new papers beside its requests; that is not what is measured here. */
async function settled(port) {
  for (;;) {
    const { papers, sentences } = await (await fetch(`http://127.0.0.1:${port}/v1/stats`)).json()
    if (sentences.papers + sentences.failed >= papers) return
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

function report(name, { sent, ok, refused, other, lost, behind }, seconds) {
  const [good, bad] = [ok, refused].map((times) => times.sort((one, other) => one - other))
  console.log(
    `${name}: ${Math.round(sent / seconds)} due/s; 200: ${Math.round(good.length / seconds)}/s, ` +
      `p50 ${shown(quantile(good, 0.5))}, p99 ${shown(quantile(good, 0.99))}, max ${shown(good.at(-1) ?? Number.NaN)}; ` +
      `503: ${Math.round(bad.length / seconds)}/s, p50 ${shown(quantile(bad, 0.5))}, p99 ${shown(quantile(bad, 0.99))}; ` +
      `other ${other}, connections lost ${lost}, never sent ${behind}`,
  )
}

async function watchHealth(port, signal) {
  const times = []
  while (!signal.aborted) {
    const at = performance.now()
    const { status } = await fetch(`http://127.0.0.1:${port}/healthz`)
    times.push(status === 200 ? performance.now() - at : Number.POSITIVE_INFINITY)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return times.sort((one, other) => one - other)
}

const made = values.index ? null : await madeIndex()
const { child, port } = await startServer(values.index ?? made.index, made ? { KINDRED_MODEL: 'hash' } : {})
try {
  await settled(port)
  const ids = await idsOf(port)
  let asked = 0
  const pathOf = () => {
    asked += 1
    return values.path.replace('{id}', ids[Math.floor(random() * ids.length)]).replace('{n}', String(asked))
  }
  console.log(`${cpus().length} cores, ${cpus()[0]?.model}, Node ${process.version}; GET ${values.path}`)
  await closedLoop({ port, connections: 16, seconds: 3, pathOf })
  const closed = await closedLoop({ port, connections: 16, seconds: 5, pathOf })
  const capacity = Number(values.rate ?? closed.length / 5)
  const atCapacity = quantile(closed, 0.99)
  console.log(
    `capacity: ${Math.round(capacity)}/s with 16 connections, p50 ${shown(quantile(closed, 0.5))}, p99 ${shown(atCapacity)}`,
  )
  const quiet = await openLoop({ port, rate: 0.9 * capacity, seconds: 10, pathOf })
  report('quiet, 90 %', quiet, 10)
  const before = residentBytes(child.pid)
  let most = before
  const looking = setInterval(() => {
    most = Math.max(most, residentBytes(child.pid))
  }, 250)
  const stop = new AbortController()
  const health = watchHealth(port, stop.signal)
  const over = await openLoop({ port, rate: FACTOR * capacity, seconds: SECONDS, pathOf })
  const ended = performance.now()
  report(`overload, x ${FACTOR}`, over, SECONDS)
  const slots = new Map()
  const after = await openLoop({
    port,
    rate: 0.9 * capacity,
    seconds: 10,
    pathOf,
    onAnswer: (status, ms) => {
      const slot = Math.floor((performance.now() - ended) / 500)
      const times = slots.get(slot) ?? []
      slots.set(slot, [...times.slice(-5_000), status === 200 ? ms : Number.POSITIVE_INFINITY])
    },
  })
  stop.abort()
  clearInterval(looking)
  report('after, 90 %', after, 10)
  const least = 2 * Math.max(quantile(quiet.ok, 0.99), atCapacity)
  const normal = [...slots].find(
    ([, times]) =>
      quantile(
        times.sort((a, b) => a - b),
        0.99,
      ) <= least,
  )
  console.log(
    `accepted p99: x ${(quantile(over.ok, 0.99) / atCapacity).toFixed(2)} of that at capacity, x ${(quantile(over.ok, 0.99) / quantile(quiet.ok, 0.99)).toFixed(2)} of the quiet one`,
  )
  console.log(`goodput: ${((over.ok.length / SECONDS / capacity) * 100).toFixed(0)} % of the capacity`)
  console.log(`normal again within ${normal ? (normal[0] + 1) * 0.5 : '> 10'} s`)
  const healthy = await health
  console.log(`/healthz: ${healthy.length} asked, p99 ${shown(quantile(healthy, 0.99))}, max ${shown(healthy.at(-1))}`)
  console.log(`resident: ${Math.round(before / 1e6)} MB before, ${Math.round(most / 1e6)} MB at most`)
} finally {
  child.kill('SIGTERM')
  await once(child, 'exit')
  if (made) rmSync(made.dir, { recursive: true, force: true })
}
