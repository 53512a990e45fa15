import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import type { PostingBlocks } from './build-postings.ts'
import type { PostingsTask } from './build-postings-worker.ts'

// Resolved through package.json, because it is the compiled file that a thread can run, also when this one is not.
const WORKER = createRequire(import.meta.url).resolve('#postings-worker')

export interface PostingsBuild {
  /** Null where it was stopped. When it settles, the thread is gone. */
  readonly done: Promise<PostingBlocks | null>
  readonly stop: () => void
}

/** Reads the text index of the database `file` on another thread, over a connection of its own. */
export function startPostingsBuild(file: string): PostingsBuild {
  const stop = new Int32Array(new SharedArrayBuffer(4))
  const task: PostingsTask = { file, stop }
  const worker = new Worker(WORKER, { workerData: task })
  const done = new Promise<PostingBlocks | null>((resolve, reject) => {
    let blocks: PostingBlocks | null = null
    worker.once('message', (built: PostingBlocks) => {
      blocks = built
    })
    worker.once('error', reject)
    worker.once('exit', (code) => {
      if (code === 0) resolve(blocks)
      else reject(new Error(`the thread that reads the text index ended with ${code}`))
    })
  })
  return { done, stop: () => void Atomics.store(stop, 0, 1) }
}
