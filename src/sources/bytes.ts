import { createReadStream } from 'node:fs'
import { addAbortSignal, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type ErrorCode, KindredError } from '../domain/errors.ts'
import { systemCodeOf } from '../domain/system-code.ts'
import { lookAhead } from './look-ahead.ts'

type Bytes = AsyncIterable<Uint8Array | string>

const READ_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOENT: ['SOURCE_NOT_FOUND', 'There is no such file.'],
  EACCES: ['SOURCE_UNREADABLE', 'The file may not be read: permission denied.'],
  EPERM: ['SOURCE_UNREADABLE', 'The file may not be read: permission denied.'],
  EISDIR: ['SOURCE_UNREADABLE', 'It is a folder.'],
}

/** What the operating system says, without the path that its message carries. */
export function toReadError(thrown: unknown): KindredError {
  if (thrown instanceof KindredError) return thrown
  const systemCode = systemCodeOf(thrown) ?? 'unknown error'
  if (systemCode === 'ABORT_ERR') return new KindredError('INTERRUPTED')
  const [code, detail] = READ_ERRORS[systemCode] ?? ['SOURCE_UNREADABLE', `The file cannot be read (${systemCode}).`]
  return new KindredError(code, detail, { cause: thrown })
}

export function fileBytes(path: string, signal?: AbortSignal): Bytes {
  return streamBytes(() => createReadStream(path), signal)
}

/** The bytes of a stream; it is destroyed when the reader stops or `signal` aborts. Throws KindredError only. */
export async function* streamBytes(
  open: () => NodeJS.ReadableStream,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array | string> {
  try {
    const opened = open()
    const stream = opened instanceof Readable ? opened : Readable.from(opened)
    if (signal !== undefined) addAbortSignal(signal, stream)
    yield* stream
  } catch (thrown) {
    throw toReadError(thrown)
  }
}

/** The bytes as they are, or unpacked where they begin with gzip's magic number. */
export async function* unpacked(bytes: Bytes): AsyncGenerator<Uint8Array | string> {
  const ahead = await lookAhead(bytes, 2)
  const start = Buffer.concat(ahead.seen.map((chunk) => Buffer.from(chunk)))
  const gzipped = start[0] === 0x1f && start[1] === 0x8b
  yield* gzipped ? gunzip(ahead.all()) : ahead.all()
}

/** zlib drops what it has unpacked of the write that it fails in, so small files are fed in small steps. */
const SMALL_STEP = 64
const SMALL_STEPS_UP_TO = 16_384
const STEP = 16_384

/** Yields all that can be unpacked, then throws SOURCE_UNREADABLE if the data is damaged or cut off. */
async function* gunzip(bytes: Bytes): AsyncGenerator<Uint8Array> {
  const zlib = createGunzip()
  const ready: Uint8Array[] = []
  let failure: Error | undefined
  zlib.on('data', (chunk: Uint8Array) => ready.push(chunk))
  zlib.on('error', (error) => {
    failure = error
  })
  const closed = new Promise<void>((resolve) => zlib.once('close', resolve))
  try {
    for await (const step of inSteps(bytes)) {
      const written = new Promise<void>((resolve) => zlib.write(step, () => resolve()))
      await Promise.race([written, closed])
      yield* ready.splice(0)
      if (failure !== undefined) break
    }
    if (failure === undefined) zlib.end()
    await closed
    yield* ready.splice(0)
  } finally {
    zlib.destroy()
  }
  if (failure !== undefined) {
    throw new KindredError('SOURCE_UNREADABLE', 'The gzip data is damaged or cut off here.', { cause: failure })
  }
}

async function* inSteps(bytes: Bytes): AsyncGenerator<Uint8Array> {
  let done = 0
  for await (const chunk of bytes) {
    const buffer = Buffer.from(chunk)
    let at = 0
    while (at < buffer.length) {
      const step = buffer.subarray(at, at + (done < SMALL_STEPS_UP_TO ? SMALL_STEP : STEP))
      yield step
      at += step.length
      done += step.length
    }
  }
}
