// Builds, opens and asks one large index through the door that services use, and prints what it took as one line of JSON.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { blend } from './corpus.mjs'
import { moduleOf } from './dist.mjs'
import { loadMaterial } from './material.mjs'
import { residentBytes } from './processes.mjs'
import { createRandom, pick } from './random.mjs'
import { mean, median } from './stats.mjs'
import { tempDir } from './temp-dir.mjs'

const SETTINGS = { m: 16, efConstruction: 200 }
const EF = 64
const K = 10
const QUERIES = 500
const COMPARED = 50

/** Vectors that stand for a database of them: nothing changes after the first generation. */
function memorySource(vectors) {
  function* all() {
    for (const [at, vector] of vectors.entries()) yield { label: at + 1, key: at + 1, vector }
  }
  return {
    databaseId: 'bench',
    generation: () => 1,
    allVectors: () => ({ generation: 1, count: vectors.length, vectors: all() }),
    changesAfter: () => ({ generation: 1, complete: true, added: [], removed: [] }),
  }
}

function inventVectors({ sentences, dimension }, count) {
  const random = createRandom(3)
  const flat = new Float32Array(count * dimension)
  const vectors = Array.from({ length: count }, (_, at) => flat.subarray(at * dimension, (at + 1) * dimension))
  const some = () => Array.from({ length: 3 }, () => pick(random, sentences).vector)
  for (const vector of vectors) vector.set(blend(some(), random))
  return vectors
}

async function timed(work) {
  const startedAt = performance.now()
  const result = await work()
  return { result, ms: performance.now() - startedAt }
}

async function ask(index, vectors) {
  const step = Math.floor(vectors.length / QUERIES)
  const find = async (n, how) => {
    const { result, ms } = await timed(() => index.search({ vector: vectors[n * step], limit: K + 1, ...how }))
    return { keys: result.neighbours.map(({ key }) => key), ms }
  }
  const times = []
  for (let n = 0; n < QUERIES; n += 1) times.push((await find(n, { ef: EF })).ms)
  const [shares, exactTimes] = [[], []]
  for (let n = 0; n < COMPARED; n += 1) {
    const [near, exact] = [await find(n, { ef: EF }), await find(n, { exact: true })]
    shares.push(exact.keys.filter((key) => near.keys.includes(key)).length / exact.keys.length)
    exactTimes.push(exact.ms)
  }
  return { us: 1000 * median(times), exactMs: median(exactTimes), recall: mean(shares) }
}

async function run({ dist, cache, model, count }) {
  const { openVectorIndex } = await moduleOf(dist, 'ann/live-index.js')
  const material = await loadMaterial({ dist, cache, model, log: console.error })
  const vectors = inventVectors(material, count)
  const { dir, remove } = tempDir()
  const events = {
    onRebuild: () => undefined,
    onFallback: () => undefined,
    onFailure: (_, error) => console.error(error),
  }
  const settings = { ...SETTINGS, dimension: material.dimension }
  const options = { dir, source: memorySource(vectors), fingerprint: 'bench', settings, ef: EF, events }
  try {
    const building = await openVectorIndex(options)
    const { ms: buildMs } = await timed(() => building.snapshot())
    await building.close()
    const { result: index, ms: openMs } = await timed(() => openVectorIndex(options))
    if (index.status().inGraph !== count) throw new Error('the graph was not loaded whole')
    const answers = await ask(index, vectors)
    const fileBytes = Math.max(...readdirSync(dir).map((name) => statSync(join(dir, name)).size))
    const result = { count, buildMs, openMs, ...answers, fileBytes, residentBytes: residentBytes(process.pid) }
    await index.close()
    return result
  } finally {
    remove()
  }
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2]))))
