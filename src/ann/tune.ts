import type { RecallFigure } from '../domain/vector-index.ts'
import type { Pace } from './pace.ts'
import type { Searchable } from './planner.ts'
import { type JudgedProbe, recallOf } from './probes.ts'
import { holds, recallFigure } from './recall-figure.ts'

/** Each a sixth to a quarter more work than the one before: finer steps would differ by less than can be measured. */
const WIDTHS = [16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512]
export const WIDEST = Math.max(...WIDTHS)

/**
 * Fewer queries than this may all find what they should and still be no proof of it; and of fewer the interval is so wide
 * that it takes half as wide a search again to lie above the target (docs/decisions/0052-widths-by-800-queries.md).
 */
export const ENOUGH = 800

/** What is searched for to choose a width; the width must hold for each group by itself. */
export interface ProbeGroup {
  readonly of: RecallFigure['of']
  readonly probes: readonly JudgedProbe[]
}

export interface Measured {
  readonly of: RecallFigure['of']
  /** A query each. */
  readonly recalls: readonly number[]
}

export interface Choice {
  readonly ef: number
  readonly measured: readonly Measured[]
}

/** What each query finds of its exact ten nearest, right now. */
export async function measure(
  searchable: () => Searchable,
  groups: readonly ProbeGroup[],
  pace: Pace,
): Promise<Measured[]> {
  const measured: Measured[] = []
  for (const { of, probes } of groups) {
    const recalls: number[] = []
    for (const probe of probes) {
      recalls.push(recallOf(searchable(), probe))
      await pace.rest()
    }
    measured.push({ of, recalls })
  }
  return measured
}

interface Aim {
  readonly target: number
  /** No narrower one is tried, and no wider one. */
  readonly least: number
  readonly most: number
}

/**
 * Asked queries as long as they are few only must not speak against a width, or one of them that hardly any width
 * answers would make the search as wide as it gets. What the index samples of itself is the proof then.
 */
function isEnough({ of, recalls }: Measured, target: number): boolean {
  if (recalls.length === 0) return true
  const figure = recallFigure(recalls, of)
  return of === 'queries' && recalls.length < ENOUGH ? figure.at10 >= target : holds(figure, target)
}

/**
 * The narrowest width whose recall is surely the target's in each group, or the widest allowed. The same graph and
 * groups give the same width.
 */
export async function chooseWidth(
  { target, least, most }: Aim,
  measureAt: (ef: number) => Promise<Measured[]>,
): Promise<Choice> {
  let choice: Choice | undefined
  for (const ef of WIDTHS.filter((width) => width >= least && width <= most)) {
    choice = { ef, measured: await measureAt(ef) }
    if (choice.measured.every((each) => isEnough(each, target))) break
  }
  return choice ?? { ef: least, measured: await measureAt(least) }
}
