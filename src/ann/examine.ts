import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Examination, type Examined, examination } from './examination.ts'
import { threadResult } from './thread-result.ts'

// Resolved through package.json, because it is the compiled file that a thread can run, also when this one is not.
const WORKER = createRequire(import.meta.url).resolve('#examine-worker')

/** In bytes: to examine less takes no longer than a thread takes to start, some 20 ms. */
const LARGE = 8 * 1024 * 1024

const onThread = (task: Examined): Promise<Examination> =>
  threadResult({ program: WORKER, task, does: 'examines the graph' })

/** Examines a graph file, a large one on another thread: those who search meanwhile would wait for it. */
export async function examine(examined: Examined): Promise<Examination> {
  const { size } = await stat(examined.file)
  if (size < LARGE) return examination(examined)
  // Here is where the file system's own error comes from, and a thread that cannot start is no fault of the file.
  return onThread(examined).catch(() => examination(examined))
}
