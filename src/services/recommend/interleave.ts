import type { Ranked } from '../answer.ts'
import type { Interest } from './strategy.ts'

interface Queue {
  readonly weight: number
  readonly ranked: readonly Ranked[]
  at: number
  credit: number
}

/** Passes over what another interest has shown already; false at the end. */
function hasNext(queue: Queue, shown: ReadonlySet<number>): boolean {
  while (queue.at < queue.ranked.length && shown.has(queue.ranked[queue.at]?.key ?? -1)) queue.at += 1
  return queue.at < queue.ranked.length
}

/** Whose turn it is: all earn their weight, the richest pays for a place. The first of equals. */
function nextOf(open: readonly Queue[]): Queue | undefined {
  let richest = open[0]
  for (const queue of open) {
    queue.credit += queue.weight
    if (richest && queue.credit > richest.credit) richest = queue
  }
  if (richest) richest.credit -= open.reduce((sum, { weight }) => sum + weight, 0)
  return richest
}

/**
 * Weighted round-robin: each interest gets places in proportion to its weight, spread evenly, its own best first, and
 * no paper comes twice. A longer answer begins with the shorter one.
 */
export function interleave(interests: readonly Interest[], limit: number): Ranked[] {
  const queues = interests.map(({ weight, ranked }): Queue => ({ weight, ranked, at: 0, credit: 0 }))
  const shown = new Set<number>()
  const merged: Ranked[] = []
  while (merged.length < limit) {
    const queue = nextOf(queues.filter((each) => hasNext(each, shown)))
    const hit = queue?.ranked[queue.at]
    if (!hit) break
    shown.add(hit.key)
    merged.push(hit)
  }
  return merged
}
