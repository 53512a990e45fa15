import type { Database } from 'better-sqlite3'
import type { StoreStats } from '../domain/ports.ts'
import { SCHEMA_VERSION } from './migrations.ts'
import type { Space } from './vectors.ts'

interface Counts {
  readonly vectors: () => number
  readonly sentences: () => StoreStats['sentences']
}

export function createStats(db: Database, space: Space, counts: Counts) {
  const papers = db.prepare<[], number>('SELECT count(*) FROM papers').pluck()
  const sources = db.prepare<[], { source: string; papers: number }>(
    "SELECT each.value AS source, count(*) AS papers FROM papers, json_each(papers.document, '$.sources') AS each GROUP BY 1 ORDER BY 1",
  )
  const bytes = db
    .prepare<[], number>('SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()')
    .pluck()
  return (generation: number): StoreStats => ({
    papers: papers.get() ?? 0,
    vectors: counts.vectors(),
    missing: (papers.get() ?? 0) - counts.vectors(),
    sentences: counts.sentences(),
    generation,
    fingerprint: space.fingerprint,
    schemaVersion: SCHEMA_VERSION,
    bytes: bytes.get() ?? 0,
    sources: sources.all(),
  })
}
