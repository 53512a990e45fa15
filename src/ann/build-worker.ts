import { parentPort, workerData } from 'node:worker_threads'
import { giveWay, letOthersGo } from '../disk/scheduling.ts'
import { type GraphSettings, HnswGraph } from './hnsw.ts'

/** What `build.ts` hands to this thread. `rows[i]` is the row of `labels[i]` in the shared block. */
export interface BuildTask {
  readonly settings: GraphSettings
  readonly buffer: SharedArrayBuffer
  readonly rows: readonly number[]
  readonly labels: readonly number[]
  readonly file: string
  /** One number that is not 0 once nobody wants the graph any more. */
  readonly stop: SharedArrayBuffer
}

/** False where it was stopped, between two points: a thread that is ended within native code may take the process along. */
async function build({ settings, buffer, rows, labels, file, stop }: BuildTask): Promise<boolean> {
  const values = new Float32Array(buffer)
  const stopped = new Int32Array(stop)
  const graph = HnswGraph.create(settings, labels.length)
  for (const [at, label] of labels.entries()) {
    if (Atomics.load(stopped, 0) !== 0) return false
    letOthersGo()
    const from = (rows[at] ?? 0) * settings.dimension
    graph.add(label, values.subarray(from, from + settings.dimension))
  }
  await graph.write(file)
  return true
}

giveWay()
const built = await build(workerData as BuildTask)
parentPort?.postMessage(built ? 'built' : 'stopped')
