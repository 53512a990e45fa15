import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'

const CHUNK = 4 * 1024 * 1024

/** The fields of hnswlib 0.8's header that give the length of the file (saveIndex in hnswalg.h), 64-bit little-endian. */
const HEADER = { count: 16, sizePerElement: 24, bytes: 96 } as const
const LENGTH_FIELD = 4

/** Reads little pieces in order without a system call for each. */
class Cursor {
  readonly #handle: FileHandle
  readonly #window = Buffer.alloc(CHUNK)
  #start = 0
  #filled = 0

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  /** Null behind the end of the file. */
  async uint32(position: number): Promise<number | null> {
    if (position < this.#start || position + LENGTH_FIELD > this.#start + this.#filled) await this.#load(position)
    const at = position - this.#start
    return at + LENGTH_FIELD <= this.#filled ? this.#window.readUInt32LE(at) : null
  }

  async #load(position: number): Promise<void> {
    const { bytesRead } = await this.#handle.read(this.#window, 0, CHUNK, position)
    this.#start = position
    this.#filled = bytesRead
  }
}

/**
 * The length that a complete graph file must have, from its own header and link lists; null where it ends too early.
 * hnswlib never checks its stream, so a full disk leaves a short file and a report of success.
 */
async function completeLength(handle: FileHandle): Promise<number | null> {
  const header = Buffer.alloc(HEADER.bytes)
  const { bytesRead } = await handle.read(header, 0, HEADER.bytes, 0)
  if (bytesRead < HEADER.bytes) return null
  const count = Number(header.readBigUInt64LE(HEADER.count))
  let position = HEADER.bytes + count * Number(header.readBigUInt64LE(HEADER.sizePerElement))
  const cursor = new Cursor(handle)
  for (let node = 0; node < count; node += 1) {
    const links = await cursor.uint32(position)
    if (links === null) return null
    position += LENGTH_FIELD + links
  }
  return position
}

/** Whether hnswlib wrote the whole graph. */
export async function isComplete(file: string): Promise<boolean> {
  const handle = await open(file, 'r')
  try {
    return (await handle.stat()).size === (await completeLength(handle))
  } finally {
    await handle.close()
  }
}

export async function sha256OfFile(file: string): Promise<string> {
  const handle = await open(file, 'r')
  const hash = createHash('sha256')
  const chunk = Buffer.alloc(CHUNK)
  try {
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(chunk.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}

/** Files and folders alike: a rename is on the disk only when the folder is. */
export async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
