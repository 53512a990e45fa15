import type { IndexVerification } from '../domain/ports.ts'
import { searchExact } from './exact.ts'
import type { GraphFollower } from './graph-follower.ts'
import type { VectorMatrix } from './matrix.ts'
import { planSearch } from './planner.ts'

const SAMPLE = 200
const K = 10

/** Every n-th vector, so that the sample is the same at each call and spread over all of them. */
function sampleRows(matrix: VectorMatrix): number[] {
  const rows = [...matrix.labels()].flatMap((label) => matrix.rowOfLabel(label) ?? [])
  const step = Math.max(1, Math.floor(rows.length / SAMPLE))
  return rows.filter((_, at) => at % step === 0).slice(0, SAMPLE)
}

/** Share of the exact ten nearest that the graph finds, mean over a sample of the index's own vectors. */
function measureRecall(
  matrix: VectorMatrix,
  follower: GraphFollower,
  ef: number,
): { recallAt10: number; sample: number } {
  const rows = sampleRows(matrix)
  let found = 0
  let wanted = 0
  for (const row of rows) {
    const vector = matrix.vectorAt(row)
    const exclude = [matrix.keyAt(row)]
    const exact = searchExact(matrix, { vector, limit: K, excluded: new Set(exclude) }).map(({ key }) => key)
    const near = new Set(
      planSearch({ matrix, follower, ef }, { vector, limit: K, exclude }).neighbours.map(({ key }) => key),
    )
    found += exact.filter((key) => near.has(key)).length
    wanted += exact.length
  }
  return { recallAt10: wanted === 0 ? 1 : found / wanted, sample: rows.length }
}

/** Where the graph and the matrix do not hold the same. */
function differences(matrix: VectorMatrix, follower: GraphFollower | null): string[] {
  if (!follower) return ['there is no graph: searches compare with every vector']
  const problems: string[] = []
  if (follower.overlay.size > 0) problems.push(`${follower.overlay.size} vectors are not in the graph`)
  if (follower.unmarked > 0) problems.push(`${follower.unmarked} deleted vectors are still in the graph`)
  const moved = [...matrix.labels()].filter(
    (label) => follower.graph.labels.has(label) && !sameVector(matrix, follower, label),
  )
  if (moved.length > 0) problems.push(`${moved.length} vectors of the graph differ from the store`)
  return problems
}

/** hnswlib keeps the bits it was given. */
function sameVector(matrix: VectorMatrix, follower: GraphFollower, label: number): boolean {
  const row = matrix.rowOfLabel(label)
  if (row === undefined) return false
  const inGraph = follower.graph.vectorOf(label)
  return matrix.vectorAt(row).every((value, at) => value === inGraph[at])
}

export type Verdict = Pick<IndexVerification, 'ok' | 'problems' | 'recallAt10' | 'sample'>

export function verifyGraph(matrix: VectorMatrix, follower: GraphFollower | null, ef: number): Verdict {
  const problems = differences(matrix, follower)
  const { recallAt10, sample } = follower ? measureRecall(matrix, follower, ef) : { recallAt10: null, sample: 0 }
  return { ok: problems.length === 0, problems, recallAt10, sample }
}
