import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, open, statfs } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { type Extract, extract, type Header } from 'tar-stream'
import { writeFault } from '../disk/atomic-file.ts'
import { sha256OfFile } from '../disk/sync.ts'
import { fail, KindredError, toKindredError } from '../domain/errors.ts'
import { type BackupManifest, DATABASE_ENTRY, decodeManifest, MANIFEST_ENTRY, MAX_MANIFEST } from './manifest.ts'
import { bytesOf } from './tar-bytes.ts'

const BLOCK = 512
/** Two empty blocks end an archive. */
const END = 2 * BLOCK
const GZIP = Buffer.from([0x1f, 0x8b])

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position)
  return buffer.subarray(0, bytesRead)
}

/** What can be said before anything is unpacked; gives the size. The library forgives an archive that lacks its end. */
async function checkEnds(file: string): Promise<number> {
  const name = basename(file)
  const handle = await open(file, 'r').catch((cause) =>
    fail('SOURCE_NOT_FOUND', `"${name}" cannot be read.`, { cause }),
  )
  try {
    const found = await handle.stat()
    if (!found.isFile()) fail('BACKUP_INVALID', `"${name}" is not a regular file.`)
    if ((await readAt(handle, 0, GZIP.length)).equals(GZIP)) {
      fail('BACKUP_INVALID', `"${name}" is compressed: unpack it with gunzip first.`)
    }
    if (found.size % BLOCK !== 0 || found.size < END) fail('BACKUP_INVALID', `"${name}" is cut off, or no archive.`)
    const end = await readAt(handle, found.size - END, END)
    if (end.length < END || end.some((byte) => byte !== 0))
      fail('BACKUP_INVALID', `"${name}" is cut off, or no archive.`)
    return found.size
  } finally {
    await handle.close()
  }
}

interface Expected {
  readonly name: string
  readonly size: (bytes: number) => boolean
}

/** Only these two names, as plain files, once each and in this order: no path, link or device can get past that. */
function refuseOther({ name, type, size }: Header, expected: Expected | undefined): void {
  if (!expected || name !== expected.name || type !== 'file') {
    fail(
      'BACKUP_INVALID',
      `The archive holds something that no backup has in this place: ${JSON.stringify(name.slice(0, 80))}.`,
    )
  }
  if (!expected.size(size)) fail('BACKUP_INVALID', `${expected.name} has another size than it should.`)
}

async function refuseTooLarge({ files }: BackupManifest, archiveSize: number, into: string): Promise<void> {
  const [{ bytes }] = files
  if (bytes > archiveSize) fail('BACKUP_INVALID', 'The manifest speaks of more bytes than the archive has.')
  const { bavail, bsize } = await statfs(into)
  if (bytes > bavail * bsize) fail('STORAGE_FULL', `The backup needs ${bytes} bytes, which are not free on the disk.`)
}

type Entry = AsyncIterable<unknown> & { readonly header: Header }

interface Unpacking {
  readonly into: string
  readonly archiveSize: number
  readonly signal: AbortSignal | undefined
}

async function takeEntry(entry: Entry, manifest: BackupManifest | null, work: Unpacking): Promise<BackupManifest> {
  const { into, archiveSize, signal } = work
  if (manifest === null) {
    refuseOther(entry.header, { name: MANIFEST_ENTRY, size: (bytes) => bytes <= MAX_MANIFEST })
    const read = decodeManifest((await buffer(bytesOf(entry))).toString('utf8'))
    await refuseTooLarge(read, archiveSize, into)
    return read
  }
  refuseOther(entry.header, { name: DATABASE_ENTRY, size: (bytes) => bytes === manifest.files[0].bytes })
  const target = createWriteStream(join(into, DATABASE_ENTRY), { flags: 'wx', mode: 0o600, flush: true })
  await pipeline(bytesOf(entry), target, { ...(signal && { signal }) })
  return manifest
}

const drained = (entries: Extract): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      entries.off('drain', done).off('close', done)
      resolve()
    }
    entries.on('drain', done).on('close', done)
  })

/** Ends when the archive is read, or when its reader has turned away. */
async function feed(source: AsyncIterable<unknown>, entries: Extract): Promise<void> {
  try {
    for await (const chunk of bytesOf(source)) {
      if (entries.destroying) return
      if (!entries.write(chunk)) await drained(entries)
    }
    entries.end(null)
  } catch (error) {
    entries.destroy(toKindredError(error))
  }
}

async function takeEntries(file: string, work: Unpacking): Promise<BackupManifest> {
  const entries = extract()
  const fed = feed(createReadStream(file), entries)
  let manifest: BackupManifest | null = null
  let taken = 0
  try {
    for await (const entry of entries) {
      if (taken === 2) refuseOther(entry.header, undefined)
      manifest = await takeEntry(entry, manifest, work)
      taken += 1
    }
  } finally {
    entries.destroy(null)
    await fed
  }
  if (manifest === null || taken < 2) fail('BACKUP_INVALID', 'The archive lacks a part.')
  return manifest
}

const isOfTheDisk = (error: unknown): boolean => error instanceof Error && 'syscall' in error

/**
 * Unpacks an archive into a folder of its own, and compares it with its manifest.
 * Throws BACKUP_INVALID, BACKUP_NEWER, SOURCE_NOT_FOUND, STORAGE_FULL, INTERRUPTED.
 */
export async function unpackBackup(file: string, into: string, signal?: AbortSignal): Promise<BackupManifest> {
  try {
    const manifest = await takeEntries(file, { into, archiveSize: await checkEnds(file), signal })
    if ((await sha256OfFile(join(into, DATABASE_ENTRY), signal)) !== manifest.files[0].sha256) {
      fail('BACKUP_INVALID', `${DATABASE_ENTRY} does not match its checksum.`)
    }
    return manifest
  } catch (error) {
    if (signal?.aborted) fail('INTERRUPTED', 'Stopped; nothing was restored.')
    if (error instanceof KindredError) throw error
    if (isOfTheDisk(error)) writeFault(error, DATABASE_ENTRY)
    // What is left is the library's opinion of the archive.
    return fail('BACKUP_INVALID', 'The archive is damaged.', { cause: error })
  }
}
