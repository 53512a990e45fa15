import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { BuildTask } from './build-worker.ts'
import type { GraphSettings } from './hnsw.ts'
import type { VectorMatrix } from './matrix.ts'

// Resolved through package.json, because it is the compiled file that a thread can run, also when this one is not.
const WORKER = createRequire(import.meta.url).resolve('#build-worker')

export interface Build {
  readonly count: number
  readonly done: Promise<void>
}

/** Builds a graph of all that the matrix holds now, on another thread, into `file`. The matrix stays in use. */
export function buildGraph(matrix: VectorMatrix, settings: GraphSettings, file: string): Build {
  const labels = [...matrix.labels()]
  const rows = labels.map((label) => matrix.rowOfLabel(label) ?? 0)
  const task: BuildTask = { settings, buffer: matrix.buffer, rows, labels, file }
  matrix.freeze()
  const done = new Promise<void>((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: task })
    worker.once('message', () => resolve())
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`the thread that builds the graph ended with ${code}`)))
  }).finally(() => matrix.thaw())
  return { count: labels.length, done }
}
