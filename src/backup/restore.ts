import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { writeFault } from '../disk/atomic-file.ts'
import { removeLeftovers, temporaryName } from '../disk/leftovers.ts'
import { syncToDisk } from '../disk/sync.ts'
import { fail, KindredError } from '../domain/errors.ts'
import { failpoint } from '../domain/failpoint.ts'
import { type DatabaseFacts, readFacts } from '../store/facts.ts'
import { RESTORE_WORK } from '../store/folder.ts'
import { hasOwnSchema, integrityProblems } from '../store/integrity.ts'
import { versionOf } from '../store/migrations.ts'
import { DATABASE_FILE } from '../store/open.ts'
import { withDatabaseFile } from '../store/open-file.ts'
import { type BackupManifest, DATABASE_ENTRY } from './manifest.ts'
import { unpackBackup } from './unpack.ts'

/** What an index folder may hold and still be empty. */
const NO_CONTENT = new Set(['README.md', 'backups', 'writer.lock', 'writer.json'])

/** Compares what was unpacked with what the manifest says of it. Throws BACKUP_INVALID. */
function checkDatabase(file: string, manifest: BackupManifest): void {
  withDatabaseFile(file, (db) => {
    if (versionOf(db) !== manifest.schemaVersion)
      fail('BACKUP_INVALID', 'The database in the backup has another schema.')
    const [problem] = integrityProblems(db)
    if (problem) fail('BACKUP_INVALID', 'The database in the backup is damaged.', { cause: problem })
    if (!hasOwnSchema(db)) fail('BACKUP_INVALID', 'The database in the backup has other tables than a Kindred makes.')
    const facts = readFacts(db)
    const names: (keyof DatabaseFacts)[] = ['databaseId', 'generation', 'papers', 'fingerprints']
    const wrong = names.find((name) => JSON.stringify(facts[name]) !== JSON.stringify(manifest[name]))
    if (wrong) fail('BACKUP_INVALID', `The database in the backup differs from its manifest (${wrong}).`)
  })
}

async function unpackChecked(file: string, into: string, signal?: AbortSignal): Promise<BackupManifest> {
  const manifest = await unpackBackup(file, into, signal)
  try {
    checkDatabase(join(into, DATABASE_ENTRY), manifest)
  } catch (cause) {
    // It is not the user's index that is damaged.
    if (!(cause instanceof KindredError) || cause.code !== 'STORE_CORRUPT') throw cause
    fail('BACKUP_INVALID', 'The database in the backup is damaged.', { cause })
  }
  if (signal?.aborted) fail('INTERRUPTED', 'Stopped; nothing was restored.')
  return manifest
}

/** Checks an archive as a restore would, in a temporary folder. Throws what a restore of it would throw. */
export async function verifyBackup(file: string, signal?: AbortSignal): Promise<BackupManifest> {
  const work = await mkdtemp(join(tmpdir(), 'kindred-verify-'))
  try {
    return await unpackChecked(file, work, signal)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function refuseContent(dir: string): Promise<void> {
  const found = (await readdir(dir)).find((name) => !NO_CONTENT.has(name) && name !== temporaryName(RESTORE_WORK))
  if (found !== undefined) {
    fail('TARGET_EXISTS', `The folder "${dir}" is not empty (${found}): a restore needs an empty or a new one.`)
  }
}

/** Gives the first folder that had to be made, which is all that has to go after a failure. */
async function makeFolder(dir: string): Promise<string | undefined> {
  try {
    return await mkdir(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    return writeFault(error, basename(dir))
  }
}

/** Folders that were made for this and are empty again. */
async function removeMade(dir: string, made: string | undefined): Promise<void> {
  if (made === undefined) return
  for (let folder = dir; ; folder = dirname(folder)) {
    await rmdir(folder).catch(() => undefined)
    if (folder === made || folder === dirname(folder)) return
  }
}

export interface RestoreOptions {
  readonly file: string
  /** The index folder: empty, or not there yet. */
  readonly dir: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Unpacks an archive beside its place (in the folder itself, because only there a rename is sure to stay on one disk),
 * checks it, and moves the database in at the end; until then the folder is as it was. The graph is built anew by the
 * next start. Throws TARGET_EXISTS, BACKUP_INVALID, BACKUP_NEWER, SOURCE_NOT_FOUND, STORAGE_FULL, INTERRUPTED.
 */
export async function restoreBackup({ file, dir, signal }: RestoreOptions): Promise<BackupManifest> {
  const made = await makeFolder(dir)
  const work = join(dir, temporaryName(RESTORE_WORK))
  try {
    removeLeftovers(dir, (of) => of === RESTORE_WORK)
    await refuseContent(dir)
    await mkdir(work, { mode: 0o700 })
    const manifest = await unpackChecked(file, work, signal)
    // Another program may have begun an index here meanwhile.
    await refuseContent(dir)
    failpoint('restore-before-move')
    await rename(join(work, DATABASE_ENTRY), join(dir, DATABASE_FILE))
    failpoint('restore-after-move')
    await syncToDisk(dir)
    return manifest
  } finally {
    await rm(work, { recursive: true, force: true })
    await removeMade(dir, made)
  }
}
