import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { systemCodeOf } from '../domain/system-code.ts'

/** Files and folders alike: a rename is on the disk only when the folder is. */
export async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Each part that is read waits for its turn: in a busy server a few large ones are done sooner than many small ones. */
export const PART_BYTES = 1024 * 1024

/** SHA-256 of a file in hex, read as a stream. */
export async function sha256OfFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: PART_BYTES, ...(signal && { signal }) }))
    hash.update(chunk)
  return hash.digest('hex')
}

const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Whether a write failed because there is no room for more. */
export const isFull = (thrown: unknown): boolean => FULL.has(systemCodeOf(thrown))
