import { createRequire } from 'node:module'
import { fail } from '../domain/errors.ts'
import type { BuildTask } from './build-worker.ts'
import type { GraphSettings } from './hnsw.ts'
import type { VectorMatrix } from './matrix.ts'
import { threadResult } from './thread-result.ts'

// Resolved through package.json, because it is the compiled file that a thread can run, also when this one is not.
const WORKER = createRequire(import.meta.url).resolve('#build-worker')

export interface Build {
  readonly count: number
  /** Rejects with INTERRUPTED after a stop. */
  readonly done: Promise<void>
  /** Ends the build at its next point. */
  stop(): void
}

const runWorker = (task: BuildTask): Promise<unknown> =>
  threadResult({ program: WORKER, task, does: 'builds the graph' })

/** Builds a graph of all that the matrix holds now, on another thread, into `file`. The matrix stays in use. */
export function buildGraph(matrix: VectorMatrix, settings: GraphSettings, file: string): Build {
  const labels = [...matrix.labels()]
  const rows = labels.map((label) => matrix.rowOfLabel(label) ?? 0)
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  const thaw = matrix.freeze()
  const done = runWorker({ settings, buffer: matrix.buffer, rows, labels, file, stop })
    .then((said) => void (said === 'built' || fail('INTERRUPTED', 'The index was closed before its graph was built.')))
    .finally(thaw)
  return { count: labels.length, done, stop: () => void Atomics.store(new Int32Array(stop), 0, 1) }
}
