import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { z } from 'zod'

/** Beside the graph's file, because hnswlib's own format has no magic, version, dimension or checksum. */
export const Manifest = z.strictObject({
  magic: z.literal('kindred-index'),
  format: z.literal(1),
  /** Base name of the graph's file, in the same folder. */
  file: z.string().regex(/^vectors\.[0-9a-z-]+\.hnsw$/),
  byteSize: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  metric: z.literal('ip'),
  dimension: z.int().min(1),
  m: z.int().min(2),
  efConstruction: z.int().min(1),
  /** Nodes, the deleted ones included. */
  count: z.int().min(0),
  fingerprint: z.string(),
  databaseId: z.string(),
  /** The store's generation that the graph had reached. */
  generation: z.int().min(0),
  createdAt: z.iso.datetime(),
  /** SHA-256 of the other fields, so that a flipped bit is found here too. */
  seal: z.string(),
})
export type Manifest = z.infer<typeof Manifest>

export const MANIFEST_FILE = 'manifest.json'
/** Of the snapshot before, for when the newest is damaged. */
export const PREVIOUS_FILE = 'manifest.previous.json'

/** Many times what a manifest takes; more is none, and is not read. */
const MAX_BYTES = 64 * 1024

const named = ({ issues: [issue] }: z.ZodError): string =>
  `the manifest is damaged (${issue?.path.join('.') || issue?.message})`

export function sealManifest(content: Omit<Manifest, 'seal'>): Manifest {
  const text = JSON.stringify(Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1)))
  return { ...content, seal: createHash('sha256').update(text).digest('hex') }
}

function sealed(manifest: Manifest): Manifest | string {
  const { seal, ...content } = manifest
  return sealManifest(content).seal === seal ? manifest : 'the manifest does not match its own checksum (seal)'
}

/** The manifest of a file, or what is wrong with it. */
export async function readManifest(file: string): Promise<Manifest | string> {
  let text: string
  try {
    const found = await stat(file)
    if (!found.isFile() || found.size > MAX_BYTES) return 'the manifest is damaged (size)'
    text = await readFile(file, 'utf8')
  } catch {
    return 'there is no manifest'
  }
  try {
    const { data, error } = Manifest.safeParse(JSON.parse(text))
    return data ? sealed(data) : named(error)
  } catch {
    return 'the manifest is damaged'
  }
}
