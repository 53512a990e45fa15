// What an exact search costs, and a filtered one: `npm run bench:exact [-- papers]` (default 20000).
// Vectors are those of the sample's sentences, perturbed with seeded noise. A filter is "even" where it has nothing to do
// with the question, "near" where it holds the papers nearest to one like it, and "far" where it holds the farthest.
// All ways take turns within one run, so that their ratios hold on a machine whose speed drifts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { searchExact } from '../dist/ann/exact.js'
import { GraphFollower } from '../dist/ann/graph-follower.js'
import { HnswGraph } from '../dist/ann/hnsw.js'
import { VectorMatrix } from '../dist/ann/matrix.js'
import { planSearch } from '../dist/ann/planner.js'
import { ScanPool } from '../dist/ann/scan-pool.js'
import { sentencesOf } from '../dist/domain/sentences.js'
import { loadConfig, openKindred } from '../dist/index.js'
import { createRandom } from '../dist/services/evaluate/random.js'
import { KeySet } from '../dist/store/key-set.js'

const PAPERS = Number(process.argv[2] ?? 20_000)
const QUESTIONS = 120
const [SCAN_SHARES, FILTER_SHARES] = [
  [1, 0.5, 0.1, 0.01],
  [0.5, 0.3, 0.2, 0.1, 0.01, 0.001],
]
const [K, EF, NOISE] = [10, 64, 0.35]
const SETTINGS = { m: 16, efConstruction: 200 }
const SAMPLE = new URL('../data/sample.jsonl', import.meta.url)
const NONE = new Set()

const random = createRandom(1)
const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
const unit = (vector) => {
  const norm = Math.hypot(...vector)
  return vector.map((value) => value / norm)
}
const perturbed = (vector) => unit(vector.map((value) => value + (NOISE * gauss()) / Math.sqrt(vector.length)))

async function sentenceVectors() {
  const dir = mkdtempSync(join(tmpdir(), 'kindred-bench-'))
  const kindred = await openKindred(loadConfig({ flags: { indexDir: dir }, env: {} }).config)
  try {
    const records = readFileSync(SAMPLE, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const texts = records.flatMap(({ abstract }) => sentencesOf(abstract).map(({ text }) => text))
    return await kindred.deps.embedder.embed(texts, 'passage')
  } finally {
    await kindred.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** The loop in JavaScript that the kernel replaced: four sums in double precision, every row. */
function searchInJavaScript(matrix, { vector, rows }) {
  const values = new Float32Array(matrix.buffer)
  const best = []
  for (const row of rows) {
    let [a, b, c, d] = [0, 0, 0, 0]
    for (let at = 0, from = row * vector.length; at < vector.length; at += 4, from += 4) {
      a += vector[at] * values[from]
      b += vector[at + 1] * values[from + 1]
      c += vector[at + 2] * values[from + 2]
      d += vector[at + 3] * values[from + 3]
    }
    const similarity = a + b + c + d
    if (best.length === K && similarity <= best[K - 1]) continue
    best.push(similarity)
    best.sort((one, other) => other - one)
    best.length = Math.min(best.length, K)
  }
  return best
}

/** Calls each in turn, `QUESTIONS` times. */
async function takeTurns(calls) {
  const measured = Object.fromEntries(Object.keys(calls).map((name) => [name, { times: [], answers: [] }]))
  for (let round = -20; round < QUESTIONS; round += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const startedAt = performance.now()
      const answer = await call(Math.max(0, round))
      const ms = performance.now() - startedAt
      if (round < 0) continue
      measured[name].times.push(ms)
      measured[name].answers.push(answer)
    }
  }
  return measured
}

const quantile = (values, share) => values.toSorted((one, other) => one - other)[Math.floor(values.length * share)]
const p20AndP50 = (times) => [0.2, 0.5].map((share) => quantile(times, share).toFixed(3).padStart(7)).join(' ')

async function measureScans(matrix, questions) {
  console.log(`\nexact search of the nearest ${K}, ms (20th and 50th percentile)`)
  const pool = new ScanPool({ large: 0 })
  for (const share of SCAN_SHARES) {
    const rows = Uint32Array.from([...matrix.rows()].filter(() => random() < share))
    const query = (round) => ({ vector: questions[round], limit: K, excluded: NONE, rows })
    const measured = await takeTurns({
      'JavaScript, every row': (round) => searchInJavaScript(matrix, query(round)),
      'kernel, every row': (round) => matrix.scanner.similarities(questions[round], rows),
      'kernel, codes first': (round) => searchExact(matrix, query(round)),
      'kernel, codes first, threads': (round) => pool.search(matrix, query(round)),
    })
    for (const [name, { times }] of Object.entries(measured)) {
      console.log(`${String(rows.length).padStart(8)} rows  ${name.padEnd(30)}${p20AndP50(times)}`)
    }
  }
  await pool.close()
}

function selectionOf(keys) {
  const set = new KeySet(PAPERS, keys)
  return { filter: { and: [] }, size: set.count(), has: (key) => set.has(key), keys: () => set.keys() }
}

/** Filters of each kind that hold this share of the papers. */
function filtersOf(matrix, share, anchor) {
  const [count, excluded] = [Math.round(PAPERS * share), NONE]
  const ranked = searchExact(matrix, { vector: anchor, limit: PAPERS, excluded }).map(({ key }) => key)
  return {
    even: selectionOf(ranked.filter(() => random() < share)),
    near: selectionOf(ranked.slice(0, count)),
    far: selectionOf(ranked.slice(-count)),
  }
}

async function measureFilters(searchable, questions) {
  console.log(`\nfiltered search of the nearest ${K}, ef ${EF}, ms (20th and 50th percentile)`)
  const anchor = questions[0]
  // Half of the questions are like what the filter is about.
  const asked = questions.map((each, at) =>
    at % 2 ? each : unit(each.map((value, i) => 0.3 * value + 0.7 * anchor[i])),
  )
  const plan = (round, more) => planSearch(searchable, { vector: asked[round], limit: K, ...more })
  for (const share of FILTER_SHARES) {
    for (const [kind, within] of Object.entries(filtersOf(searchable.matrix, share, anchor))) {
      const measured = await takeTurns({
        'no filter': (round) => plan(round),
        filter: (round) => plan(round, { within }),
        exact: (round) => plan(round, { within, exact: true }),
      })
      const { filter, exact, 'no filter': without } = measured
      const keysOf = ({ neighbours }) => neighbours.map(({ key }) => key)
      const truths = exact.answers.map((answer) => new Set(keysOf(answer)))
      const hits = filter.answers.map(
        (answer, at) => keysOf(answer).filter((key) => truths[at].has(key)).length / truths[at].size,
      )
      const recall = hits.reduce((sum, value) => sum + value, 0) / hits.length
      const byGraph = filter.answers.filter((answer) => answer.plan !== 'exact').length / QUESTIONS
      const ratio = quantile(without.times, 0.5) / quantile(filter.times, 0.5)
      console.log(
        `${String(within.size).padStart(8)} ${kind.padEnd(5)}${p20AndP50(filter.times)}   without it ${p20AndP50(without.times)}   ` +
          `throughput x ${ratio.toFixed(2)}   recall@10 ${recall.toFixed(4)}   by the graph ${Math.round(100 * byGraph)} %`,
      )
    }
  }
}

const sentences = await sentenceVectors()
const load = loadavg()[0].toFixed(1)
console.log(`Node ${process.version}, ${availableParallelism()} cores of ${cpus()[0]?.model}, load ${load}`)
const dimension = sentences[0].length
const matrix = new VectorMatrix(dimension, PAPERS)
const some = () => perturbed(sentences[Math.floor(random() * sentences.length)])
for (let key = 1; key <= PAPERS; key += 1) matrix.add({ label: key, key, vector: some() })
const questions = Array.from({ length: QUESTIONS }, some)
await measureScans(matrix, questions)
const graph = HnswGraph.create({ dimension, ...SETTINGS }, PAPERS)
for (const label of matrix.labels()) graph.add(label, matrix.vectorAt(matrix.rowOfLabel(label)))
await measureFilters({ matrix, follower: new GraphFollower(graph, matrix), ef: EF }, questions)
console.log(`load ${loadavg()[0].toFixed(1)}`)
