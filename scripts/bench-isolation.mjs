// How long requests wait while the server has other work: `npm run bench:isolation [-- papers [folder]]` (default 20000,
// and a folder of its own; one that holds an index already is used as it is). Clients ask at a fixed rate, whatever the
// server does (open loop): a wait counts from the moment a request was due. First in quiet, then while papers without
// vectors are ingested over HTTP, then while the index is rebuilt; quiet again in between.
// Texts recombine the sentences of the sample corpus; vectors of the library are those of the sample with seeded noise.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { sentencesOf } from '../dist/domain/sentences.js'
import { ingest, loadConfig, openKindred } from '../dist/index.js'
import { createRandom } from '../dist/services/evaluate/random.js'

const PAPERS = Number(process.argv[2] ?? 20_000)
const INGESTED = 1_000
/** Requests a second of each kind. */
const RATES = { healthz: 50, similar: 100 }
const QUIET_MS = 10_000
const NOISE = 0.35
const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
const SAMPLE = new URL('../data/sample.jsonl', import.meta.url)

const random = createRandom(1)
const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
const pick = (list) => list[Math.floor(random() * list.length)]
const records = readFileSync(SAMPLE, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const sentences = records.flatMap(({ abstract }) => sentencesOf(abstract).map(({ text }) => text))

const paper = (name) => ({
  title: `A study named ${name}`,
  abstract: Array.from({ length: 8 }, () => pick(sentences)).join(' '),
})

function perturbed(vector) {
  const moved = vector.map((value) => value + (NOISE * gauss()) / Math.sqrt(vector.length))
  const norm = Math.hypot(...moved)
  return Array.from(moved, (value) => value / norm)
}

async function makeLibrary(indexDir) {
  const { config } = loadConfig({ flags: { indexDir, evidence: 'off' }, env: {} })
  const { deps, close } = await openKindred(config)
  const vectors = await deps.embedder.embed(
    records.map(({ title, abstract }) => `${title}. ${abstract}`),
    'passage',
  )
  async function* items() {
    for (let at = 0; at < PAPERS; at += 1) {
      const embedding = perturbed(pick(vectors))
      const record = { id: `lib-${at}`, ...paper(`lib ${at}`), embedding, embeddingModel: deps.embedder.fingerprint }
      yield { source: 'bench', line: at + 1, record }
    }
  }
  await ingest(deps, items(), { run: 'bench' })
  await close()
}

async function startServer(indexDir) {
  const args = [CLI, 'serve', '--port', '0', '--json', '--index', indexDir, '--evidence', 'off', '--log-level', 'warn']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) return { child, url: new URL(JSON.parse(line).url) }
  throw new Error('the server did not start')
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

function ask(url, path, { method = 'GET', body = '' } = {}) {
  return new Promise((resolve, reject) => {
    const headers = body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const sent = request(new URL(path, url), { method, agent, headers }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }))
    })
    // The server closes a connection that has been idle for a while, maybe just now.
    const onError = (error) => (sent.reusedSocket ? resolve(ask(url, path, { method, body })) : reject(error))
    sent.on('error', onError).end(body)
  })
}

const paths = {
  healthz: () => '/healthz',
  similar: () => `/v1/papers/lib-${Math.floor(random() * PAPERS)}/similar`,
}

/** Waits of requests by kind, in milliseconds, until `isOver`. */
async function measure(url, isOver) {
  const waits = { healthz: [], similar: [] }
  const open = []
  const startedAt = performance.now()
  const asked = { healthz: 0, similar: 0 }
  while (!isOver(performance.now() - startedAt)) {
    for (const kind of Object.keys(RATES)) {
      for (; (asked[kind] * 1000) / RATES[kind] <= performance.now() - startedAt; asked[kind] += 1) {
        const dueAt = startedAt + (asked[kind] * 1000) / RATES[kind]
        const answered = ask(url, paths[kind]()).then(({ status }) => {
          if (status !== 200) throw new Error(`${kind} answered ${status}`)
          waits[kind].push(performance.now() - dueAt)
        })
        answered.catch(() => undefined)
        open.push(answered)
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await Promise.all(open)
  return waits
}

const quantile = (values, share) => values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? 0

function print(title, waits, quiet) {
  for (const [kind, values] of Object.entries(waits)) {
    const [p50, p99] = [0.5, 0.99].map((share) => quantile(values, share))
    const times = quiet ? `, ${(p99 / quantile(quiet[kind], 0.99)).toFixed(1)} x quiet p99` : ''
    console.log(
      `  ${title.padEnd(16)}${kind.padEnd(9)}p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(1)} ms, most ${Math.max(...values).toFixed(1)} ms (${values.length} requests)${times}`,
    )
  }
}

const quietly = (url) => measure(url, (ms) => ms > QUIET_MS)

async function during(url, title, work) {
  const quiet = await quietly(url)
  print('quiet', quiet)
  let isOver = false
  const startedAt = performance.now()
  const done = work().finally(() => {
    isOver = true
  })
  const waits = await measure(url, () => isOver)
  const { status, body } = await done
  if (status !== 200) throw new Error(`${title} answered ${status}: ${body}`)
  console.log(`  ${title}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s, ${body}`)
  print(title, waits, quiet)
}

async function main() {
  const folder = process.argv[3] ?? mkdtempSync(join(tmpdir(), 'kindred-bench-'))
  console.log(
    `Node ${process.version}, ${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unnamed processor'}, load ${loadavg()[0].toFixed(1)}; ${PAPERS} papers`,
  )
  try {
    if (!existsSync(join(folder, 'papers.db'))) await makeLibrary(folder)
    const { child, url } = await startServer(folder)
    try {
      await measure(url, (ms) => ms > QUIET_MS / 2)
      const papers = JSON.stringify(Array.from({ length: INGESTED }, (_, at) => paper(`new ${process.pid} ${at}`)))
      await during(url, 'ingest', () => ask(url, '/v1/papers', { method: 'POST', body: papers }))
      await during(url, 'rebuild', () => ask(url, '/v1/admin/rebuild', { method: 'POST' }))
    } finally {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  } finally {
    agent.destroy()
    if (!process.argv[3]) rmSync(folder, { recursive: true, force: true })
  }
}

await main()
