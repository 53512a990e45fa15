// What it costs to trust a snapshot: `npm run build && node scripts/bench-snapshot.mjs [vectors]`.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { structureFault } from '../dist/ann/graph-structure.js'
import { HnswGraph } from '../dist/ann/hnsw.js'
import { sha256OfFile } from '../dist/disk/sync.js'
import { createRandom } from '../dist/services/evaluate/random.js'

const DIMENSION = 384
const ROUNDS = 5

const count = Number(process.argv[2] ?? 30_000)
// A narrow construction: the file is as large as that of a better graph, and made sooner.
const settings = { dimension: DIMENSION, m: 16, efConstruction: 40 }
const random = createRandom(5)
const dir = await mkdtemp(join(tmpdir(), 'kindred-bench-'))
const file = join(dir, 'graph')

function unitVector() {
  const values = Float32Array.from({ length: DIMENSION }, () => random() - 0.5)
  const norm = Math.hypot(...values)
  return values.map((value) => value / norm)
}

async function milliseconds(work) {
  const times = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now()
    await work()
    times.push(performance.now() - startedAt)
  }
  return Math.round(times.sort((one, other) => one - other)[Math.floor(ROUNDS / 2)])
}

try {
  const graph = HnswGraph.create(settings, count)
  let slowestAdd = 0
  for (let label = 0; label < 1.3 * count; label += 1) {
    const vector = unitVector()
    const startedAt = performance.now()
    graph.add(label, vector)
    // The room is for a quarter more: behind that one point pays for the growth.
    if (label === Math.ceil(1.25 * count)) slowestAdd = performance.now() - startedAt
  }
  await graph.write(file)
  const shape = { ...settings, count: graph.count }
  console.log(`${graph.count} vectors, ${Math.round((await stat(file)).size / 2 ** 20)} MiB, median of ${ROUNDS}`)
  console.log(`checksum          ${await milliseconds(() => sha256OfFile(file))} ms`)
  console.log(`links and fields  ${await milliseconds(() => structureFault(file, shape))} ms`)
  console.log(`hnswlib's load    ${await milliseconds(() => HnswGraph.read(settings, file))} ms`)
  console.log(`growth of a full graph, with its point: ${slowestAdd.toFixed(1)} ms`)
} finally {
  await rm(dir, { recursive: true })
}
