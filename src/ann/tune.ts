import type { RecallFigure } from '../domain/vector-index.ts'
import type { Pace } from './pace.ts'
import type { Searchable } from './planner.ts'
import { type JudgedProbe, recallOf } from './probes.ts'
import { holds, recallFigure } from './recall-figure.ts'

/** Each a sixth to a quarter more work than the one before: finer steps would differ by less than can be measured. */
const WIDTHS = [16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512]
export const WIDEST = Math.max(...WIDTHS)

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
      await pace.turn()
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
    const isEnough = choice.measured.every(
      ({ of, recalls }) => recalls.length === 0 || holds(recallFigure(recalls, of), target),
    )
    if (isEnough) break
  }
  return choice ?? { ef: least, measured: await measureAt(least) }
}
