// Makes one library of invented papers, in a process of its own: `node make-library.mjs <job as JSON>`.
// Papers go in by `ingest` with their vectors given; sentences get their vectors through `fillSentences`, from what the
// material has. Beside the index lie what others load: `vectors.f32` (row after row) and `papers.jsonl`.
import { createWriteStream, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { inventPapers, perturbed } from './corpus.mjs'
import { moduleOf } from './dist.mjs'
import { loadMaterial } from './material.mjs'
import { createRandom, pick } from './random.mjs'

const SEED = 1
const BATCH = 512

async function* records(papers, { fingerprint, files }) {
  let line = 0
  for (const { vector, ...paper } of papers) {
    line += 1
    // A copy: the stream writes it when it likes, and the generator gives a new one each time anyway.
    files.vectors.write(Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength))
    if (!files.papers.write(`${JSON.stringify(paper)}\n`)) await new Promise((go) => files.papers.once('drain', go))
    yield { source: 'bench', line, record: { ...paper, embedding: Array.from(vector), embeddingModel: fingerprint } }
  }
}

/** Vectors of texts that the material has; what was cut otherwise there gets one of another sentence, moved. */
function knownVectors(material) {
  const byText = new Map(material.sentences.map(({ text, vector }) => [text, vector]))
  const random = createRandom(2)
  return async (texts) =>
    texts.map((text) => byText.get(text) ?? perturbed(pick(random, material.sentences).vector, { random }))
}

/** The same store, which hands out many papers at a time: a transaction for every eight would take minutes. */
function inLargeBatches(store) {
  const get = (target, name) => {
    if (name === 'missingSentences') return () => target.missingSentences(BATCH)
    const value = target[name]
    return typeof value === 'function' ? value.bind(target) : value
  }
  return new Proxy(store, { get })
}

const ended = (stream) => new Promise((done) => stream.end(done))

async function make({ dist, cache, model, size, folder }) {
  const material = await loadMaterial({ dist, cache, model, log: console.error })
  const { ingest, loadConfig, openKindred } = await moduleOf(dist, 'index.js')
  const { fillSentences } = await moduleOf(dist, 'services/fill-sentences.js')
  mkdirSync(folder, { recursive: true })
  const files = {
    vectors: createWriteStream(join(folder, 'vectors.f32')),
    papers: createWriteStream(join(folder, 'papers.jsonl')),
  }
  const flags = { indexDir: join(folder, 'index'), ...(model && { model }) }
  const kindred = await openKindred(loadConfig({ flags, env: {} }).config)
  try {
    const deps = { ...kindred.deps, embedder: { ...kindred.deps.embedder, embed: knownVectors(material) } }
    const papers = inventPapers(size, { material, random: createRandom(SEED) })
    const report = await ingest(deps, records(papers, { fingerprint: material.fingerprint, files }), { run: 'bench' })
    if (report.added !== size || report.embedded !== 0) throw new Error(`not as meant: ${JSON.stringify(report)}`)
    await fillSentences({ ...deps, store: inLargeBatches(deps.store) })
    await kindred.deps.index.snapshot()
  } finally {
    await kindred.close()
    await Promise.all(Object.values(files).map(ended))
  }
}

await make(JSON.parse(process.argv[2]))
