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
})
export type Manifest = z.infer<typeof Manifest>

export const MANIFEST_FILE = 'manifest.json'
