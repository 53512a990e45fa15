import type { Database } from 'better-sqlite3'
import type { Generations } from './generation.ts'

export interface Changes {
  /** That of the database now. */
  readonly generation: number
  /** The keys of the papers that were written or removed since; null where that is not known any more. */
  readonly keys: readonly number[] | null
}

/** Which papers each generation wrote or removed, for what is kept of them in memory. */
export function createPaperChanges(db: Database, generations: Generations) {
  const changed = db.prepare<[number], number>('SELECT DISTINCT paper FROM text_changes WHERE generation > ?').pluck()
  return {
    after: (generation: number): Changes => {
      const now = generations.current()
      const known = generation >= generations.reachesBackTo() && generation <= now
      return { generation: now, keys: known ? changed.all(generation) : null }
    },
  }
}
export type PaperChanges = ReturnType<typeof createPaperChanges>
