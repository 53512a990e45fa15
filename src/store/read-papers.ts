import type { Database } from 'better-sqlite3'
import { aliasesOfReference } from '../domain/identity.ts'
import type { StoredPaper } from '../domain/ports.ts'
import { createRowReader, fromBlob, PAPER_COLUMNS, type PaperRow } from './rows.ts'
import { guarded } from './sqlite-errors.ts'

/** How many papers an export reads at a time: between two reads other work gets its turn. */
const EXPORT_PAGE = 256

type ExportRow = PaperRow & { readonly vector: Buffer }

/** Looking papers up, by name and by key, and walking through them. `fingerprint` is the number of the vectors' space. */
export function createPaperReads(db: Database, fingerprint: number) {
  const rows = createRowReader(db)
  const keyOf = db.prepare<[string], number>('SELECT paper FROM aliases WHERE alias = ?').pluck()
  const page = db.prepare<[number, number, number], ExportRow>(
    `SELECT ${PAPER_COLUMNS}, vector FROM papers JOIN vectors ON paper = key AND fingerprint = ? WHERE key > ? ORDER BY key LIMIT ?`,
  )
  const missing = db.prepare<[number, number], PaperRow>(
    `SELECT ${PAPER_COLUMNS} FROM papers WHERE NOT EXISTS
     (SELECT 1 FROM vectors WHERE paper = key AND fingerprint = ?) ORDER BY key LIMIT ?`,
  )

  function byAlias(alias: string): StoredPaper | null {
    const key = keyOf.get(alias)
    return key === undefined ? null : rows.byKey(key)
  }

  async function* everything(): AsyncGenerator<StoredPaper & { readonly vector: Float32Array }> {
    let last = 0
    for (;;) {
      const batch = guarded(() => page.all(fingerprint, last, EXPORT_PAGE))
      for (const row of batch) yield Object.assign(rows.toStored(row), { vector: fromBlob(row.vector) })
      const end = batch.at(-1)
      if (!end) return
      last = end.key
    }
  }

  function firstOf(aliases: readonly string[]): StoredPaper | null {
    for (const alias of aliases) {
      const found = byAlias(alias)
      if (found) return found
    }
    return null
  }

  return {
    everything,
    firstOf,
    byKey: rows.byKey,
    byReference: (reference: string): StoredPaper | null => firstOf(aliasesOfReference(reference)),
    missingVectors: (limit: number): StoredPaper[] => missing.all(fingerprint, limit).map(rows.toStored),
  }
}
