import { parentPort } from 'node:worker_threads'
import { type Found, Scanner, type SharedVectors } from './scanner.ts'

/** What the pool hands to this thread. */
export interface ScanTask {
  readonly task: number
  /** The number of the matrix; `vectors` come with the first task of each. */
  readonly matrix: number
  readonly shared: SharedVectors | null
  readonly slot: number
  readonly vector: Float32Array
  readonly rows: Uint32Array
  readonly count: number
  /** One number, the first row of the list that no thread has taken. */
  readonly next: Int32Array
}

export interface ScanResult {
  readonly task: number
  readonly found: readonly Found[]
}

/** So many rows are taken at a time: long enough to be worth it, short enough that all threads end together. */
const SHARE = 8_192

let open: { readonly matrix: number; readonly scanner: Scanner } | null = null

function scannerOf({ matrix, shared, slot }: ScanTask): Scanner {
  if (shared) open = { matrix, scanner: new Scanner(shared, slot) }
  if (open?.matrix !== matrix) throw new Error('the thread was not given these vectors')
  return open.scanner
}

function scan(task: ScanTask): ScanResult {
  const { vector, rows, count, next } = task
  const scanner = scannerOf(task)
  const found: Found[] = []
  for (;;) {
    const from = Atomics.add(next, 0, SHARE)
    if (from >= rows.length) return { task: task.task, found }
    found.push(scanner.nearest(vector, rows.subarray(from, from + SHARE), count))
  }
}

parentPort?.on('message', (task: ScanTask | 'end') => {
  if (task === 'end') parentPort?.close()
  else parentPort?.postMessage(scan(task))
})
