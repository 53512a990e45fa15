import { parentPort, workerData } from 'node:worker_threads'
import { type GraphSettings, HnswGraph } from './hnsw.ts'

/** What `build.ts` hands to this thread. `rows[i]` is the row of `labels[i]` in the shared block. */
export interface BuildTask {
  readonly settings: GraphSettings
  readonly buffer: SharedArrayBuffer
  readonly rows: readonly number[]
  readonly labels: readonly number[]
  readonly file: string
}

async function build({ settings, buffer, rows, labels, file }: BuildTask): Promise<void> {
  const values = new Float32Array(buffer)
  const graph = HnswGraph.create(settings, labels.length)
  labels.forEach((label, at) => {
    const from = (rows[at] ?? 0) * settings.dimension
    graph.add(label, values.subarray(from, from + settings.dimension))
  })
  await graph.write(file)
}

await build(workerData as BuildTask)
parentPort?.postMessage('built')
