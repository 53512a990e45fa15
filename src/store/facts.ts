import type { Database } from 'better-sqlite3'
import { fail } from '../domain/errors.ts'
import { refuseNewer, versionOf } from './migrations.ts'

/** What names a database and its state. */
export interface DatabaseFacts {
  readonly schemaVersion: number
  readonly databaseId: string
  readonly generation: number
  readonly papers: number
  /** Of the models that the papers have vectors of. */
  readonly fingerprints: string[]
}

/** Throws STORE_NEWER, and STORE_CORRUPT for a file that no Kindred wrote. */
export function readFacts(db: Database): DatabaseFacts {
  const schemaVersion = versionOf(db)
  refuseNewer(schemaVersion)
  if (schemaVersion === 0) fail('STORE_CORRUPT', 'The file is no database of Kindred.')
  const meta = new Map(
    db
      .prepare<[], { name: string; value: string | number }>('SELECT name, value FROM meta')
      .all()
      .map(({ name, value }) => [name, value]),
  )
  return {
    schemaVersion,
    databaseId: String(meta.get('database_id')),
    generation: Number(meta.get('generation')),
    papers: db.prepare<[], number>('SELECT count(*) FROM papers').pluck().get() ?? 0,
    fingerprints: db
      .prepare<[], string>(
        'SELECT fingerprint FROM fingerprints WHERE number IN (SELECT fingerprint FROM vectors) ORDER BY 1',
      )
      .pluck()
      .all(),
  }
}
