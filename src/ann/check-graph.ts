import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Finding, judged } from '../domain/checkup.ts'
import type { VectorSource } from '../domain/ports.ts'
import { HnswGraph } from './hnsw.ts'
import { MANIFEST_FILE, type Manifest, readManifest } from './manifest.ts'
import { snapshotFault } from './snapshot.ts'

const REBUILT = 'the next start of the server or --repair builds it anew'

/** How many labels graph and store do not share, besides those that the journal brings. */
async function strayLabels(dir: string, manifest: Manifest, source: VectorSource): Promise<number> {
  const { dimension, m, efConstruction, file, generation } = manifest
  const graph = await HnswGraph.read({ dimension, m, efConstruction }, join(dir, file))
  const changes = source.changesAfter(generation)
  if (!changes.complete) return 0
  const expected = new Set(changes.removed)
  const late = new Set(changes.added.map(({ label }) => label))
  for (const { label } of source.allVectors().vectors) if (!late.has(label)) expected.add(label)
  const held = [...graph.labels].filter((label) => !late.has(label) && !graph.isDeleted(label))
  const missing = [...expected].filter((label) => !graph.labels.has(label) && !changes.removed.includes(label))
  return held.filter((label) => !expected.has(label)).length + missing.length
}

/** Opens the vectors of one model. */
type OpenSource = (space: { fingerprint: string; dimension: number }) => VectorSource & { close(): Promise<void> }

/** Examines the graph on disk against the store. Its bytes reach the native loader only after the checks of a start. */
export async function checkGraph(dir: string, openSource: OpenSource): Promise<Finding> {
  const path = join(dir, MANIFEST_FILE)
  if (!existsSync(path)) return { check: 'graph', status: 'note', detail: `there is none: ${REBUILT}` }
  const manifest = await readManifest(path)
  if (typeof manifest === 'string') return faulty(manifest)
  const source = openSource(manifest)
  try {
    // Made of whatever it says; only what it is of must be this store.
    const origin = { ...manifest, settings: manifest, databaseId: source.databaseId, generation: source.generation() }
    const problem = await snapshotFault(dir, manifest, origin)
    return problem === null ? await compare(dir, manifest, source) : faulty(problem)
  } finally {
    await source.close()
  }
}

const faulty = (problem: string): Finding => ({ check: 'graph', status: 'fault', detail: `${problem}: ${REBUILT}` })

async function compare(dir: string, manifest: Manifest, source: VectorSource): Promise<Finding> {
  const count = await strayLabels(dir, manifest, source)
  const fine = `${manifest.file}, ${manifest.count} nodes, generation ${manifest.generation}, checksum fits`
  return judged('graph', { count, fine, wrong: `${count} labels are not those of the store: ${REBUILT}` })
}
