import type { Database } from 'better-sqlite3'
import type { StoredVector, VectorChanges } from '../domain/ports.ts'
import type { Generations } from './generation.ts'
import { fromBlob, PAPER_COLUMNS, type PaperRow, toBlob } from './rows.ts'
import { translateSqlite } from './sqlite-errors.ts'

interface VectorRow {
  readonly label: number
  readonly paper: number
  readonly vector: Buffer
}

/** What shapes the vectors of this session; those of other fingerprints stay out of sight. */
export interface Space {
  readonly fingerprint: string
  readonly dimension: number
  /** Words that are never taken for misspellings. */
  readonly isWord?: ((word: string) => boolean) | undefined
}

const stored = (row: VectorRow): StoredVector => ({ label: row.label, key: row.paper, vector: fromBlob(row.vector) })

/** A database that this session may not write has no number for a new fingerprint; 0 is nobody's. */
function fingerprintNumber(db: Database, space: Space): number {
  const find = db.prepare<[string], number>('SELECT number FROM fingerprints WHERE fingerprint = ?').pluck()
  const known = find.get(space.fingerprint)
  if (known !== undefined || db.pragma('query_only', { simple: true })) return known ?? 0
  db.prepare('INSERT OR IGNORE INTO fingerprints (fingerprint, dimension) VALUES (?, ?)').run(
    space.fingerprint,
    space.dimension,
  )
  return find.get(space.fingerprint) ?? 0
}

/** Statements over the vectors of one fingerprint. */
export function createVectors(db: Database, space: Space, generations: Generations) {
  const number = fingerprintNumber(db, space)
  const all = db.prepare<[number], VectorRow>(
    'SELECT label, paper, vector FROM vectors WHERE fingerprint = ? ORDER BY label',
  )
  const count = db.prepare<[number], number>('SELECT count(*) FROM vectors WHERE fingerprint = ?').pluck()
  const missing = db.prepare<[number, number], PaperRow>(
    `SELECT ${PAPER_COLUMNS} FROM papers WHERE NOT EXISTS
     (SELECT 1 FROM vectors WHERE paper = key AND fingerprint = ?) ORDER BY key LIMIT ?`,
  )
  const insert = db.prepare<[number, number, Buffer]>(
    'INSERT INTO vectors (paper, fingerprint, vector) VALUES (?, ?, ?)',
  )
  const holds = db
    .prepare<[number, number], number>('SELECT label FROM vectors WHERE paper = ? AND fingerprint = ?')
    .pluck()
  const dropOf = db.prepare<[number], number>('DELETE FROM vectors WHERE paper = ? RETURNING label').pluck()
  const dropForeign = db.prepare<[number]>('DELETE FROM vectors WHERE fingerprint <> ?')
  const added = db.prepare<[number, number], VectorRow>(
    `SELECT label, paper, vector FROM vectors
     WHERE fingerprint = ? AND label IN (SELECT label FROM journal WHERE generation > ? AND removed = 0) ORDER BY label`,
  )
  const removed = db.prepare<[number], number>('SELECT label FROM journal WHERE generation > ? AND removed = 1').pluck()

  function* scan(): Generator<StoredVector> {
    try {
      for (const row of all.iterate(number)) yield stored(row)
    } catch (thrown) {
      throw translateSqlite(thrown)
    }
  }

  /** The index trusts what is stored: one NaN, or one vector of another length, would mislead every search. */
  function store(paper: number, vector: Float32Array): number {
    if (vector.length !== space.dimension || !vector.every(Number.isFinite)) {
      throw new RangeError('a stored vector must be finite and of its dimension')
    }
    return Number(insert.run(paper, number, toBlob(vector)).lastInsertRowid)
  }

  const changesAfter = db.transaction((generation: number): VectorChanges => {
    const now = generations.current()
    // A generation of the future is of another database that was put in this one's place.
    const complete = generation >= generations.reachesBackTo() && generation <= now
    if (!complete) return { generation: now, complete, added: [], removed: [] }
    return {
      generation: now,
      complete,
      added: added.all(number, generation).map(stored),
      removed: removed.all(generation),
    }
  })

  return {
    number,
    count: (): number => count.get(number) ?? 0,
    scan,
    /** Papers that have none, the first of them. */
    missing: (limit: number): PaperRow[] => missing.all(number, limit),
    /** Inside a transaction: a changed text makes the vectors of every fingerprint wrong, so all of them go. */
    replace: (paper: number, vector: Float32Array, generation: number) => {
      for (const label of dropOf.all(paper)) generations.noteRemoved(generation, label)
      generations.noteAdded(generation, store(paper, vector))
    },
    /** Inside a transaction. A paper that has one already, from another rebuild, keeps it. */
    add: (paper: number, vector: Float32Array, generation: number) => {
      if (holds.get(paper, number) === undefined) generations.noteAdded(generation, store(paper, vector))
    },
    /** Inside a transaction. */
    drop: (paper: number, generation: number) => {
      for (const label of dropOf.all(paper)) generations.noteRemoved(generation, label)
    },
    dropForeign: () => dropForeign.run(number),
    changesAfter: (generation: number): VectorChanges => changesAfter(generation),
  }
}
export type Vectors = ReturnType<typeof createVectors>
