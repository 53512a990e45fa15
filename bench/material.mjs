// The sentences that invented papers are made of, with their vectors by the vendored model; kept in the cache folder,
// because embedding some thousands of sentences takes a minute.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { moduleOf, PROJECT } from './dist.mjs'
import { tempDir } from './temp-dir.mjs'

const SEEDS = join(PROJECT, '../shared/seeds')
const SAMPLE = join(PROJECT, 'data/sample.jsonl')
/** Part of the names of what is cached: raise it when the corpus changes. */
const VERSION = 1

/** Where texts come from: real listing pages beside the clone, or the sample corpus. */
export const sourceOfTexts = () =>
  existsSync(SEEDS) ? { name: 'seeds', path: SEEDS } : { name: 'sample', path: SAMPLE }

/** Names what papers are made of: the texts, and the model where it is another one than users get. */
export const corpusName = (model) => [sourceOfTexts().name, ...(model ? [model.replaceAll('/', '-')] : [])].join('-')

/** Title and abstract of the corpus's own papers, each abstract once. */
export async function realPapers(kindred) {
  const byTitle = new Map()
  for await (const { record } of kindred.readSources([sourceOfTexts().path], {}))
    if (record?.abstract) byTitle.set(record.title, { title: record.title, abstract: record.abstract })
  return [...byTitle.values()]
}

/** Opens an empty library in a temporary folder for as long as `work` takes. */
export async function withEmptyKindred(dist, work, flags = {}) {
  const { dir: indexDir, remove } = tempDir()
  const { loadConfig, openKindred } = await moduleOf(dist, 'index.js')
  const kindred = await openKindred(loadConfig({ flags: { indexDir, ...flags }, env: {} }).config)
  try {
    return await work(kindred)
  } finally {
    await kindred.close()
    remove()
  }
}

function embedSentences({ dist, model }) {
  const work = async (kindred) => {
    const { sentencesOf } = await moduleOf(dist, 'domain/sentences.js')
    const papers = await realPapers(kindred)
    const texts = [...new Set(papers.flatMap(({ abstract }) => sentencesOf(abstract).map(({ text }) => text)))]
    const vectors = await kindred.deps.embedder.embed(texts, 'passage')
    const { fingerprint, dimension } = kindred.deps.embedder
    return { titles: papers.map(({ title }) => title), texts, vectors, fingerprint, dimension }
  }
  return withEmptyKindred(dist, work, model ? { model } : {})
}

const filesOf = (cache, model) => {
  const name = join(cache, `material-${corpusName(model)}-v${VERSION}`)
  return { json: `${name}.json`, vectors: `${name}.f32` }
}

function store(files, { vectors, ...rest }) {
  const flat = new Float32Array(vectors.length * rest.dimension)
  for (const [at, vector] of vectors.entries()) flat.set(vector, at * rest.dimension)
  writeFileSync(files.vectors, Buffer.from(flat.buffer))
  // The one that is looked for comes last, whole.
  writeFileSync(`${files.json}.new`, JSON.stringify(rest))
  renameSync(`${files.json}.new`, files.json)
}

/** `{ titles, sentences: [{ text, vector }], fingerprint, dimension }` */
export async function loadMaterial({ dist, cache, model, log }) {
  mkdirSync(cache, { recursive: true })
  const files = filesOf(cache, model)
  if (!existsSync(files.json)) {
    log('embedding the sentences that papers are made of (once, a minute or two)')
    store(files, await embedSentences({ dist, model }))
  }
  const { texts, titles, fingerprint, dimension } = JSON.parse(readFileSync(files.json, 'utf8'))
  const bytes = readFileSync(files.vectors)
  const flat = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  const sentences = texts.map((text, at) => ({ text, vector: flat.subarray(at * dimension, (at + 1) * dimension) }))
  return { titles, sentences, fingerprint, dimension }
}
