import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../domain/errors.ts'
import { isComplete, sha256OfFile, syncToDisk } from './graph-file.ts'
import { type GraphSettings, HnswGraph } from './hnsw.ts'
import { MANIFEST_FILE, Manifest } from './manifest.ts'

const GRAPH_FILE = /^vectors\..*\.hnsw$/
const TEMPORARY = '.tmp'
/** A temporary file this old belongs to a process that has died. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000

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
}

type Loaded = LoadedSnapshot | { readonly problem: string }

export const temporaryGraphFile = (dir: string): string =>
  join(dir, `vectors.${randomBytes(6).toString('hex')}${TEMPORARY}`)

async function readManifest(dir: string): Promise<Manifest | string> {
  let text: string
  try {
    text = await readFile(join(dir, MANIFEST_FILE), 'utf8')
  } catch {
    return 'there is no manifest'
  }
  try {
    return Manifest.parse(JSON.parse(text))
  } catch {
    return 'the manifest is damaged'
  }
}

function foreign(manifest: Manifest, { settings, ...origin }: Origin): string | null {
  if (manifest.databaseId !== origin.databaseId) return 'the snapshot is of another database'
  if (manifest.fingerprint !== origin.fingerprint) return 'the snapshot is of another model'
  if (manifest.dimension !== settings.dimension) return 'the snapshot is of another dimension'
  if (manifest.generation > origin.generation) return 'the snapshot is newer than the database'
  if (manifest.m !== settings.m || manifest.efConstruction !== settings.efConstruction) {
    return 'the snapshot was built with other graph settings'
  }
  return null
}

/** Size first, because it is cheap; the checksum decides. No byte reaches the native loader before. */
async function damage(file: string, manifest: Manifest): Promise<string | null> {
  try {
    if ((await stat(file)).size !== manifest.byteSize) return 'the graph file has another size than its manifest says'
    if ((await sha256OfFile(file)) !== manifest.sha256) return 'the graph file does not match its checksum'
    return null
  } catch {
    return 'the graph file is missing or unreadable'
  }
}

/** Loads the snapshot of a folder, or says why it cannot be used. */
export async function loadSnapshot(dir: string, origin: Origin): Promise<Loaded> {
  const manifest = await readManifest(dir)
  if (typeof manifest === 'string') return { problem: manifest }
  const file = join(dir, manifest.file)
  const problem = foreign(manifest, origin) ?? (await damage(file, manifest))
  if (problem) return { problem }
  try {
    const graph = await HnswGraph.read(origin.settings, file)
    return graph.count === manifest.count
      ? { graph, manifest }
      : { problem: 'the graph holds another number of vectors' }
  } catch {
    return { problem: 'hnswlib refused the graph file' }
  }
}

async function replaceFile(dir: string, name: string, text: string): Promise<void> {
  const temporary = join(dir, `${name}.${randomBytes(6).toString('hex')}${TEMPORARY}`)
  try {
    await writeFile(temporary, text)
    await syncToDisk(temporary)
    await rename(temporary, join(dir, name))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Keeps the graph of the manifest and the one before it. */
async function removeOld(dir: string, keep: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(dir)) {
    const path = join(dir, name)
    const abandoned = async () => Date.now() - (await stat(path)).mtimeMs > ABANDONED_AFTER_MS
    const old = GRAPH_FILE.test(name)
      ? !keep.has(name)
      : name.endsWith(TEMPORARY) && (await abandoned().catch(() => false))
    if (old) await rm(path, { force: true })
  }
}

/** A graph file that was written but has no place yet. */
export interface WrittenGraph {
  readonly temporary: string
  readonly count: number
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

const isFull = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && FULL.has(String(thrown.code))

async function describeGraph(written: WrittenGraph, { settings, ...origin }: Origin): Promise<Manifest> {
  const { size } = await stat(written.temporary)
  const sha256 = await sha256OfFile(written.temporary)
  return {
    magic: 'kindred-index',
    format: 1,
    file: `vectors.${origin.generation}-${sha256.slice(0, 8)}.hnsw`,
    byteSize: size,
    sha256,
    metric: 'ip',
    ...settings,
    count: written.count,
    ...origin,
    createdAt: new Date().toISOString(),
  }
}

/**
 * Gives a written graph its place: length check, fsync, checksum, rename, and the manifest last, which is the commit
 * point. Until then the former snapshot stays as it is. Throws STORAGE_FULL where the file is short.
 */
export async function commitSnapshot(dir: string, origin: Origin, written: WrittenGraph): Promise<Manifest> {
  const former = await readManifest(dir)
  try {
    if (!(await isComplete(written.temporary))) fail('STORAGE_FULL', 'The index could not be written whole.')
    await syncToDisk(written.temporary)
    const manifest = await describeGraph(written, origin)
    await rename(written.temporary, join(dir, manifest.file))
    await replaceFile(dir, MANIFEST_FILE, `${JSON.stringify(manifest, null, 2)}\n`)
    await syncToDisk(dir)
    await removeOld(dir, new Set([manifest.file, ...(typeof former === 'string' ? [] : [former.file])]))
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
