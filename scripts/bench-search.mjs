// What a search, a paper's neighbours, a recommendation, a context and a checked quote cost beyond the embedding of the
// question: `npm run bench:search [-- papers…]` (default 349 20000).
// Texts recombine the sentences of the sample corpus; vectors are those of the sample, perturbed with seeded noise. A
// hundred abstracts have few words, so each stands in far more of the papers than in a real library: the words' side has
// more to count here than it will have there.
// Modes take turns within one run, so that their ratios hold on a machine whose speed drifts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ContextRequest } from '../dist/domain/context.js'
import { ListPapersRequest, SearchRequest, SimilarRequest } from '../dist/domain/query.js'
import { RecommendRequest } from '../dist/domain/recommend.js'
import { sentencesOf } from '../dist/domain/sentences.js'
import { VerifyRequest } from '../dist/domain/verify.js'
import { ingest, loadConfig, openKindred, searchPapers } from '../dist/index.js'
import { buildContext } from '../dist/services/context/build-context.js'
import { createRandom } from '../dist/services/evaluate/random.js'
import { fillSentences } from '../dist/services/fill-sentences.js'
import { recommend } from '../dist/services/recommend.js'
import { similarPapers } from '../dist/services/similar.js'
import { verifyAnswer } from '../dist/services/verify/verify-answer.js'

const SIZES = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [349, 20_000]
const ROUNDS = 400
/** Of what takes longer than a search. */
const SLOW_ROUNDS = 60
const SEEDS = 6
/** Long enough for another thread to read the text index into memory. */
const WARM_UP_MS = 8_000
const NOISE = 0.35
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

async function embedder() {
  const { config } = loadConfig({ flags: { indexDir: mkdtempSync(join(tmpdir(), 'kindred-bench-')) }, env: {} })
  const kindred = await openKindred(config)
  return { dir: config.indexDir, kindred, embed: (texts, kind) => kindred.deps.embedder.embed(texts, kind) }
}

/** The sentences of the sample with their vectors: the material that papers are made of. */
async function material(embed) {
  const texts = records.flatMap(({ abstract }) => sentencesOf(abstract).map(({ text }) => text))
  const vectors = await embed(texts, 'passage')
  return texts.map((text, at) => ({ text, vector: vectors[at] }))
}

async function* synthetic(count, sentences, fingerprint) {
  for (let at = 0; at < count; at += 1) {
    const parts = Array.from({ length: 6 }, () => pick(sentences))
    const record = {
      title: `${pick(records).title.split(' ').slice(0, 5).join(' ')} ${at}`,
      abstract: parts.map(({ text }) => text).join(' '),
      embedding: Array.from(perturbed(pick(parts).vector)),
      embeddingModel: fingerprint,
    }
    yield { source: 'bench', line: at + 1, record }
  }
}

/** What is measured, by name: each a call for one turn. */
function searches(deps, asked) {
  const search = (mode) => (round) =>
    searchPapers(deps, SearchRequest.parse({ query: asked[round % asked.length], mode }))
  return { dense: search('dense'), lexical: search('lexical'), hybrid: search('hybrid') }
}

/** The same; each turn has papers and sentences of its own, spread over the library. */
function furtherCalls(deps, asked, { ids, sentences }) {
  const idOf = (place) => ids[(place * 61) % ids.length]
  const seeds = (round) => Array.from({ length: SEEDS }, (_, at) => idOf(SEEDS * round + at))
  const quote = (round) => sentences[(round * 7) % sentences.length].text
  const verify = (text) => verifyAnswer(deps, VerifyRequest.parse({ quotes: [text] }))
  return {
    similar: (round) => similarPapers(deps, SimilarRequest.parse({ id: idOf(round) })),
    'similar mode=hybrid': (round) => similarPapers(deps, SimilarRequest.parse({ id: idOf(round), mode: 'hybrid' })),
    'recommend multiInterest': (round) => recommend(deps, RecommendRequest.parse({ positive: seeds(round) })),
    context: (round) => buildContext(deps, ContextRequest.parse({ query: asked[round % asked.length] })),
    'verify, a true quote': (round) => verify(quote(round)),
    'verify, an invented one': (round) => verify(quote(round).split(' ').reverse().join(' ')),
  }
}

/** All calls in turn. */
async function measureCalls(calls, { rounds, warmUpMs = 0 }) {
  const measured = Object.fromEntries(Object.keys(calls).map((name) => [name, []]))
  const startedAt = performance.now()
  for (let round = 0; round < rounds || performance.now() - startedAt < warmUpMs; round += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const [start, cpu] = [performance.now(), process.cpuUsage()]
      await call(round)
      measured[name].push({ ms: performance.now() - start, cpuMs: process.cpuUsage(cpu).user / 1000 })
    }
    // The thread hands over what it read between two turns.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return measured
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
const quantile = (values, share) => values.toSorted((one, other) => one - other)[Math.floor(values.length * share)]
const median = (values) => quantile(values, 0.5)

/** Ids of a hundred papers. */
const someIds = async (deps) =>
  (await deps.store.list(ListPapersRequest.parse({ limit: 100 }))).data.map(({ id }) => id)

function print(measured) {
  for (const [name, calls] of Object.entries(measured)) {
    const cpu = mean(calls.map(({ cpuMs }) => cpuMs))
    const times = calls.map(({ ms }) => ms)
    console.log(
      `  ${name.padEnd(24)}p10 ${quantile(times, 0.1).toFixed(2)} ms, p50 ${median(times).toFixed(2)} ms, processor ${cpu.toFixed(2)} ms a call`,
    )
  }
}

async function measure(size, { sentences, questions }) {
  const indexDir = mkdtempSync(join(tmpdir(), 'kindred-bench-'))
  const { config } = loadConfig({ flags: { indexDir }, env: {} })
  const kindred = await openKindred(config)
  try {
    const bySentence = new Map(sentences.map(({ text, vector }) => [text, vector]))
    const known = (texts) =>
      texts.map((text) => questions.get(text) ?? perturbed(bySentence.get(text) ?? pick(sentences).vector))
    // Questions were embedded before, and sentences are perturbed real ones: what is left is the search itself.
    const deps = { ...kindred.deps, embedder: { ...kindred.deps.embedder, embed: async (texts) => known(texts) } }
    await ingest(deps, synthetic(size, sentences, kindred.deps.embedder.fingerprint), { run: 'bench' })
    await fillSentences(deps)
    await kindred.deps.index.snapshot()
    const asked = [...questions.keys()]
    const searching = searches(deps, asked)
    await measureCalls(searching, { rounds: 50, warmUpMs: WARM_UP_MS })
    const measured = await measureCalls(searching, { rounds: ROUNDS })
    console.log(
      `${size} papers, beyond the embedding, ${ROUNDS} questions a mode, ${SLOW_ROUNDS} further calls a kind:`,
    )
    print(measured)
    const [dense, hybrid] = [measured.dense, measured.hybrid].map((calls) => median(calls.map(({ ms }) => ms)))
    console.log(
      `  hybrid adds ${(hybrid - dense).toFixed(2)} ms to dense; hybrid / dense ${(hybrid / dense).toFixed(1)}`,
    )
    const further = furtherCalls(deps, asked, { ids: await someIds(deps), sentences })
    // The words of papers are kept until something is written.
    console.log('  after a write:')
    print(await measureCalls(further, { rounds: SLOW_ROUNDS }))
    console.log('  again:')
    print(await measureCalls(further, { rounds: SLOW_ROUNDS }))
  } finally {
    await kindred.close()
    rmSync(indexDir, { recursive: true, force: true })
  }
}

async function main() {
  const { dir, kindred, embed } = await embedder()
  const sentences = await material(embed)
  const asked = records.map(
    ({ title, categories }) => `how does ${title.split(' ').slice(0, 6).join(' ')} help in ${categories[0]}?`,
  )
  const vectors = await embed(asked, 'query')
  const questions = new Map(asked.map((text, at) => [text, vectors[at]]))
  console.log(
    `Node ${process.version}, ${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unnamed processor'}`,
  )
  for (const size of SIZES) await measure(size, { sentences, questions })
  await kindred.close()
  rmSync(dir, { recursive: true, force: true })
}

await main()
