// What a search costs beyond the embedding of the question: `npm run bench:search [-- papers…]` (default 349 20000).
// Texts recombine the sentences of the sample corpus; vectors are those of the sample, perturbed with seeded noise.
// Modes take turns within one run, so that their ratios hold on a machine whose speed drifts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { sentencesOf } from '../dist/domain/sentences.js'
import { ingest, loadConfig, openKindred, searchPapers } from '../dist/index.js'
import { createRandom } from '../dist/services/evaluate/random.js'
import { fillSentences } from '../dist/services/fill-sentences.js'

const SIZES = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [349, 20_000]
const ROUNDS = 400
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

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]

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
    const times = { dense: [], lexical: [], hybrid: [] }
    const asked = [...questions.keys()]
    for (let round = -50; round < ROUNDS; round += 1) {
      for (const mode of Object.keys(times)) {
        const start = performance.now()
        await searchPapers(deps, {
          query: asked[(round + 50) % asked.length],
          mode,
          limit: 10,
          offset: 0,
          exact: false,
          explain: false,
        })
        if (round >= 0) times[mode].push(performance.now() - start)
      }
    }
    const [dense, lexical, hybrid] = ['dense', 'lexical', 'hybrid'].map((mode) => median(times[mode]))
    console.log(
      `${size} papers, beyond the embedding: dense ${dense.toFixed(2)} ms, lexical ${lexical.toFixed(2)} ms, ` +
        `hybrid ${hybrid.toFixed(2)} ms (median of ${ROUNDS}); hybrid / dense ${(hybrid / dense).toFixed(1)}`,
    )
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
