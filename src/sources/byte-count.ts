import { stat } from 'node:fs/promises'
import type { Input } from './paths.ts'

/** `total` is null where it cannot be known: stdin has no size. */
export type OnBytes = (read: number, total: number | null) => void

async function totalBytes(inputs: readonly Input[]): Promise<number | null> {
  let total = 0
  for (const input of inputs) {
    if (input.kind === 'stdin') return null
    // A file that cannot be asked fails when it is read, and is reported there.
    if (input.kind === 'file') total += (await stat(input.path).catch(() => null))?.size ?? 0
  }
  return total
}

/** Tells how far the reading of all inputs has come, in bytes as they lie on the disk (gzipped ones packed). */
export async function createByteCount(inputs: readonly Input[], onBytes: OnBytes) {
  const total = await totalBytes(inputs)
  let read = 0
  return async function* counted<T extends Uint8Array | string>(bytes: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const chunk of bytes) {
      yield chunk
      read += chunk.length
      onBytes(read, total)
    }
  }
}
