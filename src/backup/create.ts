import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { type Pack, pack } from 'tar-stream'
import { refuseSpecial, writeFault, writeFileAtomically } from '../disk/atomic-file.ts'
import { removeLeftovers, temporaryName } from '../disk/leftovers.ts'
import { PART_BYTES, sha256OfFile } from '../disk/sync.ts'
import { fail } from '../domain/errors.ts'
import { failpoint } from '../domain/failpoint.ts'
import { checkOnThread } from '../store/check-thread.ts'
import { copyDatabase } from '../store/copy.ts'
import { readFacts } from '../store/facts.ts'
import { withDatabaseFile } from '../store/open-file.ts'
import { type BackupManifest, DATABASE_ENTRY, decodeManifest, encodeManifest, MANIFEST_ENTRY } from './manifest.ts'
import { bytesOf } from './tar-bytes.ts'

export interface BackupOptions {
  /** The index folder. */
  readonly dir: string
  /** The archive to write. */
  readonly file: string
  /** The version of the program. */
  readonly version: string
  /** Replace an archive of that name. */
  readonly force?: boolean
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((share: number) => void) | undefined
}

export interface Backup {
  readonly file: string
  readonly bytes: number
  readonly manifest: BackupManifest
}

/** The copy takes about as long as reading it again for the hash and into the archive. */
const COPYING = 0.5

async function describe(copy: string, { version, signal }: BackupOptions): Promise<string> {
  const [problem] = await checkOnThread(copy)
  if (problem) fail('STORE_CORRUPT', 'The database is damaged: no backup was made of it.', { cause: problem })
  const facts = withDatabaseFile(copy, readFacts)
  const bytes = (await stat(copy)).size
  const sha256 = await sha256OfFile(copy, signal)
  const createdAt = new Date().toISOString()
  return encodeManifest({ ...facts, kindred: version, createdAt, files: [{ name: DATABASE_ENTRY, bytes, sha256 }] })
}

interface Parts {
  readonly copy: string
  readonly manifest: string
  readonly bytes: number
  readonly onBytes: (read: number) => void
}

/** The manifest first, so that a reader knows what to expect. Ends, and closes the copy, also when `over` says so. */
async function fill(archive: Pack, { copy, manifest, bytes, onBytes }: Parts, over: AbortSignal): Promise<void> {
  const shared = { mode: 0o600, mtime: new Date(), uid: 0, gid: 0 }
  archive.entry({ ...shared, name: MANIFEST_ENTRY }, manifest)
  const entry = archive.entry({ ...shared, name: DATABASE_ENTRY, size: bytes })
  let read = 0
  for await (const chunk of createReadStream(copy, { highWaterMark: PART_BYTES })) {
    // An archive that nobody reads any more is not drained ever.
    if (!entry.write(chunk)) await once(entry, 'drain', { signal: over })
    over.throwIfAborted()
    read += chunk.length
    onBytes(read)
    failpoint('backup-half-way')
  }
  entry.end(null)
  archive.finalize()
}

async function* archiveOf(parts: Parts): AsyncGenerator<Uint8Array> {
  const archive = pack()
  const over = new AbortController()
  const filled = fill(archive, parts, over.signal).catch((error) => archive.destroy(error))
  try {
    yield* bytesOf(archive)
  } finally {
    over.abort()
    archive.destroy(null)
    await filled
  }
}

async function writeArchive(work: string, options: BackupOptions): Promise<Backup> {
  const { dir, file, signal, onProgress } = options
  const copy = join(work, DATABASE_ENTRY)
  await copyDatabase({ dir, target: copy, signal, onProgress: (share) => onProgress?.(share * COPYING) })
  failpoint('backup-after-copy')
  const manifest = await describe(copy, options)
  const decoded = decodeManifest(manifest)
  const { bytes } = decoded.files[0]
  const onBytes = (read: number) => onProgress?.(COPYING + (1 - COPYING) * (read / bytes))
  await writeFileAtomically(file, archiveOf({ copy, manifest, bytes, onBytes }), { signal, mode: 0o600 })
  failpoint('backup-after-rename')
  return { file, bytes: (await stat(file)).size, manifest: decoded }
}

async function makeWorkFolder(file: string): Promise<string> {
  const [folder, name] = [dirname(file), basename(file)]
  try {
    removeLeftovers(folder, (of) => of === name || of === `${name}.work`)
    const work = join(folder, temporaryName(`${name}.work`))
    await mkdir(work, { mode: 0o700 })
    return work
  } catch (error) {
    return writeFault(error, name)
  }
}

/**
 * Writes one archive of the papers as they stand at one moment; others go on reading and writing. It appears under its
 * name when it is whole, and a failed one leaves nothing. Needs room for the database twice in the archive's folder.
 * Throws TARGET_EXISTS, INVALID_REQUEST, STORE_CORRUPT, STORE_UNREADABLE, STORAGE_FULL, INTERRUPTED.
 */
export async function createBackup(options: BackupOptions): Promise<Backup> {
  const file = resolve(options.file)
  await refuseSpecial(file)
  const taken = await stat(file).then(
    () => true,
    () => false,
  )
  if (taken && !options.force) fail('TARGET_EXISTS', `"${basename(file)}" is there already; --force replaces it.`)
  const work = await makeWorkFolder(file)
  try {
    return await writeArchive(work, { ...options, file })
  } catch (error) {
    if (options.signal?.aborted) fail('INTERRUPTED', 'Stopped; no backup was written.')
    throw error
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
