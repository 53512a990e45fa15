import type { Database } from 'better-sqlite3'
import { isUnit } from '../domain/unit-length.ts'
import { createGenerations } from './generation.ts'
import { fromBlob } from './rows.ts'

const FLOAT_BYTES = 4

interface VectorRow {
  readonly label: number
  readonly paper: number
  readonly dimension: number
  readonly vector: Buffer
}

const isSound = ({ vector, dimension }: VectorRow): boolean =>
  vector.length === dimension * FLOAT_BYTES && isUnit(fromBlob(vector), dimension)

/** Vectors of another length than their model's, with values that are no numbers, or that are not of length 1. */
export function findVectorFaults(db: Database): { vectors: number; faults: { label: number; paper: number }[] } {
  const faults: { label: number; paper: number }[] = []
  let vectors = 0
  const rows = db.prepare<[], VectorRow>(
    'SELECT label, paper, dimension, vector FROM vectors JOIN fingerprints ON number = vectors.fingerprint ORDER BY label',
  )
  for (const row of rows.iterate()) {
    vectors += 1
    if (!isSound(row)) faults.push({ label: row.label, paper: row.paper })
  }
  return { vectors, faults }
}

/** Inside a transaction; by the journal, so that a graph that follows it drops them too. */
export function dropVectors(db: Database, labels: ReadonlySet<number>): number {
  if (labels.size === 0) return 0
  const generations = createGenerations(db)
  const generation = generations.advance()
  const drop = db.prepare<[number]>('DELETE FROM vectors WHERE label = ?')
  for (const label of labels) {
    drop.run(label)
    generations.noteRemoved(generation, label)
  }
  return labels.size
}

/** Inside a transaction. */
export const dropFaultyVectors = (db: Database): number =>
  dropVectors(db, new Set(findVectorFaults(db).faults.map(({ label }) => label)))

/** Sets of sentence vectors that have not one row for the title and one for each span. */
export const FAULTY_SENTENCES = `
  SELECT sentences.number FROM sentences JOIN fingerprints ON fingerprints.number = sentences.fingerprint
  WHERE spans IS NOT NULL AND (NOT json_valid(spans) OR vectors IS NULL
    OR length(vectors) <> dimension * (1 + CASE WHEN json_valid(spans) THEN json_array_length(spans) ELSE 0 END / 2))`
