import { setImmediate } from 'node:timers/promises'
import type { IndexVerification } from '../domain/vector-index.ts'
import { searchExact } from './exact.ts'
import type { GraphFollower } from './graph-follower.ts'
import type { VectorMatrix } from './matrix.ts'
import { judged, paperProbes, recallOf } from './probes.ts'
import { RECALL_K } from './recall-figure.ts'

/** Between two turns of the event loop, so that requests are answered meanwhile. */
const SLICE_MS = 8

/** Calls the work for each item, and lets others have their turn in between. */
async function inTurns<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let sliceEnds = performance.now() + SLICE_MS
  for (const item of items) {
    work(item)
    if (performance.now() < sliceEnds) continue
    await setImmediate()
    sliceEnds = performance.now() + SLICE_MS
  }
}

/** Share of the exact ten nearest that the graph finds, mean over a sample of the index's own vectors. */
async function measureRecall(
  matrix: VectorMatrix,
  follower: GraphFollower,
  ef: number,
): Promise<{ recallAt10: number; sample: number }> {
  let [sum, sample] = [0, 0]
  await inTurns(paperProbes(matrix), (probe) => {
    const excluded = new Set(probe.exclude)
    const exact = searchExact(matrix, { vector: probe.vector, limit: RECALL_K, excluded })
    sum += recallOf({ matrix, follower, ef }, judged(matrix, probe, exact))
    sample += 1
  })
  return { recallAt10: sample === 0 ? 1 : sum / sample, sample }
}

/** Where the graph and the matrix do not hold the same. */
async function differences(matrix: VectorMatrix, follower: GraphFollower | null): Promise<string[]> {
  if (!follower) return ['there is no graph: searches compare with every vector']
  const problems: string[] = []
  if (follower.overlay.size > 0) problems.push(`${follower.overlay.size} vectors are not in the graph`)
  if (follower.unmarked > 0) problems.push(`${follower.unmarked} deleted vectors are still in the graph`)
  let moved = 0
  await inTurns(matrix.labels(), (label) => {
    if (follower.graph.labels.has(label) && !sameVector(matrix, follower, label)) moved += 1
  })
  if (moved > 0) problems.push(`${moved} vectors of the graph differ from the store`)
  return problems
}

/** hnswlib keeps the bits it was given. */
function sameVector(matrix: VectorMatrix, follower: GraphFollower, label: number): boolean {
  const row = matrix.rowOfLabel(label)
  if (row === undefined || follower.graph.isDeleted(label)) return false
  const inGraph = follower.graph.vectorOf(label)
  return matrix.vectorAt(row).every((value, at) => value === inGraph[at])
}

export type Verdict = Pick<IndexVerification, 'ok' | 'problems' | 'recallAt10' | 'sample'>

/** A graph that is replaced meanwhile makes the verdict void. */
export async function verifyGraph(matrix: VectorMatrix, follower: GraphFollower | null, ef: number): Promise<Verdict> {
  const problems = await differences(matrix, follower)
  const { recallAt10, sample } = follower ? await measureRecall(matrix, follower, ef) : { recallAt10: null, sample: 0 }
  return { ok: problems.length === 0, problems, recallAt10, sample }
}
