import type { Database } from 'better-sqlite3'
import { fail } from '../domain/errors.ts'
import type { Paper } from '../domain/paper.ts'
import type { Provenance, StoredPaper } from '../domain/ports.ts'

/** A row of `papers`, named as the columns are. */
export interface PaperRow {
  readonly key: number
  readonly document: string
  readonly text_hash: string
}

export const PAPER_COLUMNS = 'key, document, text_hash'

/** Vectors are kept as little-endian 32-bit floats, which is what every platform Node runs on has. */
export const toBlob = (vector: Float32Array): Buffer => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)

/** Copied, because a Buffer of SQLite need not begin at a multiple of four. */
export const fromBlob = (blob: Buffer): Float32Array =>
  new Float32Array(blob.buffer.slice(blob.byteOffset, blob.byteOffset + blob.byteLength))

/**
 * `document` was written by this store from a typed Paper, so it is not validated again on the way out. Throws
 * STORE_CORRUPT where a damaged page made it unreadable.
 */
export function paperOf({ key, document }: PaperRow): Paper {
  try {
    return JSON.parse(document) as Paper
  } catch (cause) {
    fail('STORE_CORRUPT', `Paper number ${key} of the database cannot be read.`, { cause })
  }
}

export function createRowReader(db: Database) {
  const provenanceOf = db.prepare<[number], { source: string; record_hash: string }>(
    'SELECT source, record_hash FROM provenance WHERE paper = ?',
  )
  const aliasesOf = db
    .prepare<[number], string>("SELECT alias FROM aliases WHERE paper = ? AND alias LIKE 'id:%' ORDER BY alias")
    .pluck()

  const provenance = (key: number): Provenance[] =>
    provenanceOf.all(key).map(({ source, record_hash }) => ({ source, recordHash: record_hash }))

  return (row: PaperRow): StoredPaper => ({
    key: row.key,
    paper: paperOf(row),
    json: row.document,
    textHash: row.text_hash,
    // Only ingest asks for these two, so a search does not pay for the queries.
    get ids() {
      return aliasesOf.all(row.key).map((alias) => alias.slice('id:'.length))
    },
    get provenance() {
      return provenance(row.key)
    },
  })
}
