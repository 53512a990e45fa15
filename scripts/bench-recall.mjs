// Which search widths are chosen, what they find, and what watching them costs: `npm run bench:recall [-- what…]`, where
// each is a number of papers to make, or the folder of an index whose vectors are taken (default 1000 20000).
// Made vectors are those of the sample's sentences, perturbed with seeded noise, which makes clusters that are tighter
// than those of a real library; questions are made of the sample's titles and embedded by the model.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openVectorIndex } from '../dist/ann/live-index.js'
import { sentencesOf } from '../dist/domain/sentences.js'
import { loadConfig, openKindred } from '../dist/index.js'
import { createRandom } from '../dist/services/evaluate/random.js'

const WHAT = process.argv.length > 2 ? process.argv.slice(2) : ['1000', '20000']
const NOISE = 0.35
const ASKED = 400
const ROUNDS = 5
const SAMPLE = new URL('../data/sample.jsonl', import.meta.url)

const random = createRandom(1)
const records = readFileSync(SAMPLE, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
const pick = (list) => list[Math.floor(random() * list.length)]
const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

function perturbed(vector) {
  const moved = vector.map((value) => value + (NOISE * gauss()) / Math.sqrt(vector.length))
  const norm = Math.hypot(...moved)
  return moved.map((value) => value / norm)
}

async function withEmbedder(indexDir, work) {
  const { config } = loadConfig({ flags: { indexDir }, env: {} })
  const kindred = await openKindred(config, { readOnly: true }).catch(() => openKindred(config))
  try {
    return await work(kindred.deps)
  } finally {
    await kindred.close()
  }
}

/** A source that never changes. */
function sourceOf(vectors) {
  const stored = () => vectors.map((vector, at) => ({ label: at + 1, key: at + 1, vector }))
  return {
    databaseId: 'bench',
    generation: () => 1,
    allVectors: () => ({ generation: 1, count: vectors.length, vectors: stored() }),
    changesAfter: () => ({ complete: true, generation: 1, added: [], removed: [] }),
  }
}

const silent = { onRebuild() {}, onFallback() {}, onFailure: (what, error) => console.error(what, error) }
const turn = () => new Promise((resolve) => setImmediate(resolve))
const cpuMs = (since) => process.cpuUsage(since).user / 1000

async function recallOf(index, queries, width = {}) {
  let [found, wanted] = [0, 0]
  for (const query of queries) {
    const exact = (await index.search({ ...query, exact: true })).neighbours
    const near = new Set((await index.search({ ...query, ...width })).neighbours.map(({ key }) => key))
    found += exact.filter(({ key }) => near.has(key)).length
    wanted += exact.length
    await turn()
  }
  return (found / wanted).toFixed(4)
}

/** Processor time of one search, in microseconds; the widths take turns. */
async function costs(index, queries, widths) {
  const spent = widths.map(() => 0)
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, width] of widths.entries()) {
      const start = process.cpuUsage()
      for (const query of queries) await index.search({ ...query, ...width })
      spent[at] += cpuMs(start)
    }
    await turn()
  }
  return spent.map((ms) => Math.round((1000 * ms) / ROUNDS / queries.length))
}

const shown = ({ ef, recall }) =>
  `ef ${ef}, measured ${recall?.at10} (${recall?.low} to ${recall?.high}, ${recall?.sample} ${recall?.of})`

async function measure(name, vectors, questions) {
  const dir = mkdtempSync(join(tmpdir(), 'kindred-bench-'))
  const settings = { dimension: vectors[0].length, m: 16, efConstruction: 200 }
  const events = {
    ...silent,
    onSearchWidth() {},
    onRecallLow: (kind, low) => console.log(`  alarm, ${kind}: ${shown(low)}`),
  }
  const common = { dir, source: sourceOf(vectors), fingerprint: 'bench', settings, events }
  try {
    const building = await openVectorIndex({ ...common, ef: 64, waitMs: 3_600_000 })
    await building.rebuild()
    await building.close()
    const index = await openVectorIndex({ ...common, ef: 'auto', waitMs: 1, auditShare: 1 })
    const opened = process.cpuUsage()
    const delay = monitorEventLoopDelay({ resolution: 1 })
    delay.enable()
    while (index.status().kinds.question.recall === null) await turn()
    delay.disable()
    const choosing = cpuMs(opened)
    console.log(
      `${name}: ${vectors.length} vectors, chosen with ${Math.round(choosing)} ms of the processor; event loop late by ${(delay.percentile(50) / 1e6 - 1).toFixed(1)} ms (p50), ${(delay.percentile(99) / 1e6 - 1).toFixed(1)} ms (p99)`,
    )
    const papers = Array.from({ length: ASKED }, (_, at) => Math.floor((at * vectors.length) / ASKED)).map((at) => {
      return { vector: vectors[at], exclude: [at + 1], kind: 'paper', limit: 10 }
    })
    const asked = questions.map((vector) => ({ vector, kind: 'question', limit: 10 }))
    for (const [kind, queries] of Object.entries({ paper: papers, question: asked })) {
      console.log(`  ${kind}: ${shown(index.status().kinds[kind])}`)
      console.log(
        `    recall@10 of ${queries.length} ${kind}s ${await recallOf(index, queries, { ef: index.status().kinds[kind].ef })}, at ef 64 ${await recallOf(index, queries, { ef: 64 })}`,
      )
    }
    const [auto, wide] = await costs(index, papers, [{ ef: index.status().ef }, { ef: 64 }])
    console.log(`    a paper's neighbours cost ${auto} us of the processor, at ef 64 ${wide} us`)
    // Nothing else runs meanwhile, so all that is not searching is comparing. What falls short is corrected.
    const began = process.cpuUsage()
    let [searching, asking] = [0, 0]
    const isFull = ({ recall }) => recall?.of === 'queries' && recall.sample === 400
    while (!isFull(index.status().kinds.question)) {
      const start = process.cpuUsage()
      await index.search(asked[asking % asked.length])
      searching += cpuMs(start)
      asking += 1
      for (let turns = 0; turns < 40; turns += 1) await turn()
    }
    const comparing = cpuMs(began) - searching
    const { question } = index.status().kinds
    console.log(
      `  question, after ${asking} were asked: ${shown(question)}, recall@10 ${await recallOf(index, asked, { ef: question.ef })}; ${Math.round(comparing)} ms of the processor for comparing them and choosing anew`,
    )
    await index.close()
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'kindred-bench-'))
const asked = records.map(
  ({ title, categories }) => `how does ${title.split(' ').slice(0, 6).join(' ')} help in ${categories[0]}?`,
)
const texts = records.flatMap(({ abstract }) => sentencesOf(abstract).map(({ text }) => text))
const { questions, sentences } = await withEmbedder(scratch, async ({ embedder }) => ({
  questions: await embedder.embed(asked, 'query'),
  sentences: await embedder.embed(texts, 'passage'),
}))
rmSync(scratch, { recursive: true, force: true })
console.log(
  `Node ${process.version}, ${availableParallelism()} cores of ${cpus()[0]?.model}, load ${loadavg()[0].toFixed(1)}`,
)
for (const what of WHAT) {
  const count = Number(what)
  const vectors = Number.isInteger(count)
    ? Array.from({ length: count }, () => perturbed(pick(sentences)))
    : await withEmbedder(what, async ({ store }) => [...store.allVectors().vectors].map(({ vector }) => vector.slice()))
  await measure(what, vectors, questions)
}
