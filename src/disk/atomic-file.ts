import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { fail, toKindredError } from '../domain/errors.ts'
import { systemCodeOf } from '../domain/system-code.ts'
import { temporaryName } from './leftovers.ts'
import { isFull, syncToDisk } from './sync.ts'

/** A rename over a device or a pipe would replace it. Throws INVALID_REQUEST. */
export async function refuseSpecial(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found && !found.isFile()) fail('INVALID_REQUEST', `"${basename(path)}" is not a regular file.`)
}

/** What a failed write to the disk means for the one who named the file. */
export function writeFault(error: unknown, name: string): never {
  if (isFull(error)) fail('STORAGE_FULL', `"${name}" does not fit on the disk.`, { cause: error })
  const code = systemCodeOf(error)
  if (code !== undefined && /^E(ACCES|NOENT|NOTDIR|PERM|ROFS|ISDIR|NAMETOOLONG)$/.test(code)) {
    fail('INVALID_REQUEST', `"${name}" cannot be written (${code}).`, { cause: error })
  }
  throw toKindredError(error)
}

interface WriteOptions {
  readonly signal?: AbortSignal | undefined
  /** A name that ends in `.gz` is compressed. */
  readonly gzip?: boolean
  /** Permissions of the file. */
  readonly mode?: number
}

/**
 * Writes all chunks or nothing: into a file beside the target that takes its name at the end, so that a stop half-way
 * never leaves half a file under a good name.
 * Throws INVALID_REQUEST where the file cannot be made, STORAGE_FULL, INTERRUPTED.
 */
export async function writeFileAtomically(
  path: string,
  chunks: AsyncIterable<string | Uint8Array>,
  { signal, gzip = false, mode = 0o666 }: WriteOptions = {},
): Promise<void> {
  const name = basename(path)
  await refuseSpecial(path)
  const temporary = join(dirname(path), temporaryName(name))
  const zip =
    gzip && /\.gz$/i.test(name)
      ? createGzip()
      : new Transform({ transform: (chunk, _encoding, next) => next(null, chunk) })
  const target = createWriteStream(temporary, { flags: 'wx', flush: true, mode })
  try {
    // Flushed before the rename: after a power cut the name must not stand for a file without its content.
    await pipeline(Readable.from(chunks), zip, target, { ...(signal && { signal }) })
    await rename(temporary, path)
    await syncToDisk(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true })
    if (signal?.aborted) fail('INTERRUPTED', `Stopped; "${name}" was not written.`)
    writeFault(error, name)
  }
}
