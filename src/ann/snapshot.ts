import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { removeLeftovers, uniqueName } from '../disk/leftovers.ts'
import { isFull, syncToDisk } from '../disk/sync.ts'
import { fail } from '../domain/errors.ts'
import { failpoint } from '../domain/failpoint.ts'
import { attempt, fatalAttempts } from './attempts.ts'
import type { Examination } from './examination.ts'
import { examine } from './examine.ts'
import { type GraphSettings, HnswGraph } from './hnsw.ts'
import { MANIFEST_FILE, type Manifest, PREVIOUS_FILE, readManifest, sealManifest } from './manifest.ts'

const GRAPH_FILE = /^vectors\..*\.hnsw$/

/** What a graph must have been made of to be worth loading. */
export interface Origin {
  readonly settings: GraphSettings
  readonly fingerprint: string
  readonly databaseId: string
  /** The store's generation now; a snapshot of a later one is of another history. */
  readonly generation: number
}

export interface LoadedSnapshot {
  readonly graph: HnswGraph
  readonly manifest: Manifest
  /** Why it is not the newest one; null where it is. */
  readonly insteadOf: string | null
}

type Problem = { readonly problem: string }

export const temporaryGraphFile = (dir: string): string => join(dir, uniqueName('vectors', 'tmp'))

function foreign(manifest: Manifest, { settings, ...origin }: Origin): string | null {
  if (manifest.databaseId !== origin.databaseId) return 'the snapshot is of another database (databaseId)'
  if (manifest.fingerprint !== origin.fingerprint) return 'the snapshot is of another model (fingerprint)'
  if (manifest.dimension !== settings.dimension) return 'the snapshot is of another dimension (dimension)'
  if (manifest.generation > origin.generation) return 'the snapshot is newer than the database (generation)'
  if (manifest.m !== settings.m) return 'the snapshot was built with other graph settings (m)'
  if (manifest.efConstruction !== settings.efConstruction) {
    return 'the snapshot was built with other graph settings (efConstruction)'
  }
  return null
}

/** Size first, because it is cheap; the checksum decides. No byte reaches the native loader before. */
async function damage(file: string, manifest: Manifest): Promise<string | null> {
  try {
    const found = await stat(file)
    if (!found.isFile() || found.size !== manifest.byteSize) {
      return 'the graph file has another size than its manifest says (byteSize)'
    }
    const { sha256, fault } = await examine({ file, shape: manifest })
    if (sha256 !== manifest.sha256) return 'the graph file does not match its checksum (sha256)'
    return fault && `the graph file is not what its manifest says (${fault})`
  } catch {
    return 'the graph file is missing or unreadable (file)'
  }
}

/** Why the graph of a manifest is not worth loading, or not safe to load; null where it is both. */
export const snapshotFault = async (dir: string, manifest: Manifest, origin: Origin): Promise<string | null> =>
  foreign(manifest, origin) ?? (await damage(join(dir, manifest.file), manifest))

async function loadBy(dir: string, name: string, origin: Origin): Promise<LoadedSnapshot | Problem> {
  const manifest = await readManifest(join(dir, name))
  if (typeof manifest === 'string') return { problem: manifest }
  const problem = await snapshotFault(dir, manifest, origin)
  if (problem) return { problem }
  const loading = { dir, kind: 'load', subject: manifest.file } as const
  if ((await fatalAttempts(loading)) > 0) return { problem: 'a process did not survive loading the graph file' }
  try {
    const graph = await attempt(loading, () => HnswGraph.read(origin.settings, join(dir, manifest.file)))
    return { graph, manifest, insteadOf: null }
  } catch {
    return { problem: 'hnswlib refused the graph file' }
  }
}

/** Loads the snapshot of a folder, or else the one before it, or says why the newest cannot be used. */
export async function loadSnapshot(dir: string, origin: Origin): Promise<LoadedSnapshot | Problem> {
  const newest = await loadBy(dir, MANIFEST_FILE, origin)
  if ('graph' in newest) return newest
  const previous = await loadBy(dir, PREVIOUS_FILE, origin)
  return 'graph' in previous ? { ...previous, insteadOf: newest.problem } : newest
}

/** Takes a newest snapshot that cannot be used from its place, or the next commit would keep it for the sound one. */
export const dropNewest = (dir: string): Promise<void> => rm(join(dir, MANIFEST_FILE), { force: true })

async function replaceFile(dir: string, name: string, text: string): Promise<void> {
  const temporary = join(dir, uniqueName(name, 'tmp'))
  try {
    await writeFile(temporary, text)
    failpoint('manifest-half-way')
    await syncToDisk(temporary)
    await rename(temporary, join(dir, name))
    failpoint('manifest-after-rename')
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

const writeManifest = (dir: string, name: string, manifest: Manifest): Promise<void> =>
  replaceFile(dir, name, `${JSON.stringify(manifest, null, 2)}\n`)

/** Two saves of the same graph are one snapshot, and the one before it stays the one before it. */
async function keepFormer(dir: string, next: Manifest): Promise<void> {
  const former = await readManifest(join(dir, MANIFEST_FILE))
  if (typeof former !== 'string' && former.file !== next.file) await writeManifest(dir, PREVIOUS_FILE, former)
}

/** Keeps the graph that was just written, whatever can be read of its manifest right now, and the one before it. */
async function removeOld(dir: string, newest: Manifest): Promise<void> {
  const previous = await readManifest(join(dir, PREVIOUS_FILE))
  const keep = new Set([newest.file, typeof previous === 'string' ? null : previous.file])
  for (const name of await readdir(dir)) {
    if (GRAPH_FILE.test(name) && !keep.has(name)) await rm(join(dir, name), { force: true })
  }
  removeLeftovers(dir)
  // They were about a file that was replaced.
  removeLeftovers(dir, (of) => of === 'load', 'attempt')
}

/** A graph file that was written but has no place yet. */
export interface WrittenGraph {
  readonly temporary: string
  readonly count: number
}

type Sound = Pick<Examination, 'size' | 'sha256'> & { readonly count: number }

function describeGraph({ size, sha256, count }: Sound, { settings, ...origin }: Origin): Manifest {
  return sealManifest({
    magic: 'kindred-index',
    format: 1,
    file: `vectors.${origin.generation}-${sha256.slice(0, 8)}.hnsw`,
    byteSize: size,
    sha256,
    metric: 'ip',
    ...settings,
    count,
    ...origin,
    createdAt: new Date().toISOString(),
  })
}

/** Throws STORAGE_FULL where hnswlib did not write the whole graph, which it never says itself. */
function refuseUnsound(fault: Examination['fault']): void {
  if (fault === 'size') fail('STORAGE_FULL', 'The index could not be written whole.')
  if (fault) fail('INDEX_DAMAGED', `The index that was written is not sound (${fault}).`)
}

/**
 * Gives a written graph its place: examination, fsync, rename, and the manifest last, which is the commit point. Until
 * then the former snapshot stays as it is, and after that it is kept beside. Throws STORAGE_FULL where the file is short.
 */
export async function commitSnapshot(dir: string, origin: Origin, written: WrittenGraph): Promise<Manifest> {
  try {
    failpoint('save-after-write')
    const { temporary: file, count } = written
    const { size, sha256, fault } = await examine({ file, shape: { ...origin.settings, count } })
    refuseUnsound(fault)
    await syncToDisk(file)
    failpoint('save-after-fsync')
    const manifest = describeGraph({ size, sha256, count }, origin)
    await rename(file, join(dir, manifest.file))
    failpoint('save-after-rename')
    await keepFormer(dir, manifest)
    await writeManifest(dir, MANIFEST_FILE, manifest)
    await syncToDisk(dir)
    await removeOld(dir, manifest)
    return manifest
  } catch (cause) {
    if (isFull(cause)) fail('STORAGE_FULL', undefined, { cause })
    throw cause
  } finally {
    await rm(written.temporary, { force: true })
  }
}

/** Writes the graph of this process. No point may be added or marked until it is done. */
export async function saveSnapshot(dir: string, origin: Origin, graph: HnswGraph): Promise<Manifest> {
  const temporary = temporaryGraphFile(dir)
  await graph.write(temporary)
  return commitSnapshot(dir, origin, { temporary, count: graph.count })
}
