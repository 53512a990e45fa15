import type { Neighbour } from '../domain/vector-index.ts'
import { byNearness, searchExact } from './exact.ts'
import type { GraphFollower } from './graph-follower.ts'
import type { VectorMatrix } from './matrix.ts'
import type { Pace } from './pace.ts'
import { planSearch, type Searchable } from './planner.ts'
import { RECALL_K } from './recall-figure.ts'
import { everyRow } from './row-lists.ts'

/** A query whose answer is compared with the exact one. */
export interface Probe {
  readonly vector: Float32Array
  /** As in a VectorQuery. */
  readonly of?: number | undefined
  readonly exclude: readonly number[]
}

interface LabelledNeighbour extends Neighbour {
  readonly label: number | undefined
}

/** A probe whose exact answer was known at one time. */
export interface JudgedProbe extends Probe {
  readonly nearest: readonly LabelledNeighbour[]
  /** The newest label there was then. */
  readonly newest: number
}

/** What there is to search, right now. */
export interface Current {
  readonly matrix: VectorMatrix
  /** Null while there is no graph. */
  readonly follower: GraphFollower | null
  readonly generation: number
}

const SAMPLE = 200

/** A probe that writes disturbed this many times is left out. */
const TRIES = 3

/** Multiplications between two looks at the clock: some tenths of a millisecond. */
const WORK_AT_ONCE = 2 ** 21

/** Every n-th vector, so that the sample is the same at each call and spread over all of them. */
function sampleRows(matrix: VectorMatrix): number[] {
  const step = Math.max(1, Math.floor(matrix.size / SAMPLE))
  const rows: number[] = []
  let at = 0
  for (const label of matrix.labels()) {
    if (rows.length === SAMPLE) break
    if (at % step === 0) rows.push(matrix.rowOfLabel(label) ?? 0)
    at += 1
  }
  return rows
}

/** The neighbours of papers, as "papers like this one" asks for them. */
export const paperProbes = (matrix: VectorMatrix): Probe[] =>
  sampleRows(matrix).map((row) => {
    const of = matrix.keyAt(row)
    return { vector: matrix.vectorAt(row).slice(), of, exclude: [of] }
  })

/** The direction between two vectors; where they are opposite there is none, and the first one's is taken. */
function between(one: Float32Array, other: Float32Array): Float32Array {
  const sum = one.slice()
  let squares = 0
  for (let at = 0; at < sum.length; at += 1) {
    const value = (one[at] ?? 0) + (other[at] ?? 0)
    sum[at] = value
    squares += value * value
  }
  if (squares === 0) return one.slice()
  const norm = Math.sqrt(squares)
  for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] ?? 0) / norm
  return sum
}

/**
 * Stands for questions until some are asked. Questions lie apart from the papers, where the graph finds less with the
 * same work; so do the directions half-way between two papers, about as far (docs/decisions/0034-recall-audit.md).
 */
export function questionProbes(matrix: VectorMatrix): Probe[] {
  const vectors = sampleRows(matrix).map((row) => matrix.vectorAt(row))
  // Not half of them, or each pair would come twice.
  const apart = Math.floor(vectors.length / 3)
  return vectors.map((vector, at) => {
    const other = vectors[(at + apart) % vectors.length] ?? vector
    return { vector: between(vector, other), exclude: [] }
  })
}

/** Finds the exact ten nearest, some rows at a time. What the matrix holds may change meanwhile. */
async function exactNeighbours(matrix: VectorMatrix, probe: Probe, pace: Pace): Promise<Neighbour[]> {
  const excluded = new Set(probe.exclude)
  const rowsAtOnce = Math.max(1, Math.floor(WORK_AT_ONCE / matrix.dimension))
  const all = everyRow(matrix)
  // After a write the list of them is made anew, which takes as long as some pieces of the work.
  await pace.turn()
  let best: Neighbour[] = []
  for (let from = 0; from < all.length; from += rowsAtOnce) {
    const rows = all.subarray(from, from + rowsAtOnce)
    const here = searchExact(matrix, { vector: probe.vector, limit: RECALL_K, excluded, rows })
    best = [...best, ...here].sort(byNearness).slice(0, RECALL_K)
    await pace.turn()
  }
  return best
}

/** The probe with its exact answer, which was found in the matrix as it is. */
export function judged(matrix: VectorMatrix, probe: Probe, nearest: readonly Neighbour[]): JudgedProbe {
  const labelled = nearest.map((each) => ({ ...each, label: matrix.labelOfKey(each.key) }))
  return { ...probe, nearest: labelled, newest: matrix.newest }
}

/** The exact answer to a probe; null where writes never leave the time for it. */
export async function judge(current: () => Current, probe: Probe, pace: Pace): Promise<JudgedProbe | null> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const { matrix, generation } = current()
    const nearest = await exactNeighbours(matrix, probe, pace)
    const now = current()
    if (now.matrix === matrix && now.generation === generation) return judged(matrix, probe, nearest)
  }
  return null
}

/** The exact answers, with a rest after each. */
export async function judgeAll(current: () => Current, probes: readonly Probe[], pace: Pace): Promise<JudgedProbe[]> {
  const all: JudgedProbe[] = []
  for (const probe of probes) {
    const found = await judge(current, probe, pace)
    if (found) all.push(found)
    await pace.rest()
  }
  return all
}

/**
 * Share of the exact ten nearest that a search finds; 1 where there are none. Papers are written while one is measured:
 * of the ten are left out those that are gone, and one that came since and is found nearer takes its place among them.
 */
export function recallOf(searchable: Searchable, { vector, of, exclude, nearest, newest }: JudgedProbe): number {
  const { matrix } = searchable
  const { neighbours } = planSearch(searchable, { vector, of, exclude, limit: RECALL_K })
  const left = nearest.filter(({ label }) => label !== undefined && matrix.has(label))
  const since = neighbours.filter(({ key }) => (matrix.labelOfKey(key) ?? 0) > newest)
  const wanted = [...left, ...since].sort(byNearness).slice(0, RECALL_K)
  const found = new Set(neighbours.map(({ key }) => key))
  return wanted.length === 0 ? 1 : wanted.filter(({ key }) => found.has(key)).length / wanted.length
}
