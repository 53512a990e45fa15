import { createHash } from 'node:crypto'
import { Sqlite } from '../../src/store/sqlite.ts'

const sha256 = (parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

interface Row {
  readonly id: string
  readonly document: string
  readonly text_hash: string
  readonly vector: Buffer | null
}

/** What must survive everything: for each paper's id a hash of its document, its text's hash and its vector. */
export function contentOf(file: string): Map<string, string> {
  const db = new Sqlite(file, { readonly: true })
  try {
    const rows = db
      .prepare<[], Row>(
        'SELECT id, document, text_hash, vector FROM papers LEFT JOIN vectors ON paper = key ORDER BY id, label',
      )
      .all()
    return new Map(
      rows.map(({ id, document, text_hash, vector }) => [
        id,
        sha256([document, '\n', text_hash, '\n', vector ?? 'none']),
      ]),
    )
  } finally {
    db.close()
  }
}

/** One value of a query over a database file. */
export function valueIn(file: string, sql: string): unknown {
  const db = new Sqlite(file, { readonly: true })
  try {
    return db.prepare(sql).pluck().get()
  } finally {
    db.close()
  }
}

/** Tables, indexes and triggers, as their statements say; what FTS5 keeps beside a virtual table is its own. */
export function schemaOf(file: string): unknown[] {
  const db = new Sqlite(file, { readonly: true })
  try {
    return db.prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name").all()
  } finally {
    db.close()
  }
}
