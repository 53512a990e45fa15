import { fail } from '../../domain/errors.ts'
import type { Shown, Writer } from './styles.ts'
import type { CountTokens } from './tokens.ts'

/** How many of a paper's best sentences go in before any abstract goes in whole. */
export const BEST = 2

/** A paper with the ways to show it, from the shortest to the whole abstract; each is longer than the one before. */
export interface Portions {
  readonly portions: readonly [Shown, ...Shown[]]
}

export interface Packed<Item> {
  readonly context: string
  readonly tokenCount: number
  /** In the order of the papers, with the portion that is shown. */
  readonly shown: readonly { readonly item: Item; readonly portion: number }[]
  /** Papers of which not even the shortest portion fits. */
  readonly left: readonly Item[]
}

interface Tools {
  readonly writer: Writer
  readonly count: CountTokens
  readonly maxTokens: number
}

/** One way to fill the context: the portion of each paper, or null. */
type Plan = readonly (number | null)[]

function render<Item extends Portions>(items: readonly Item[], plan: Plan, writer: Writer): string {
  const papers = items.flatMap(({ portions }, at) => {
    const place = plan[at] ?? null
    const shown = place === null ? undefined : portions[place]
    return shown ? [writer.paper(shown)] : []
  })
  return writer.context(papers)
}

/** Throws INVALID_REQUEST where the budget does not even hold the frame. */
function frameCost({ writer, count, maxTokens }: Tools): number {
  const least = count(writer.context([]))
  if (least <= maxTokens) return least
  const message = `must be at least ${least}: the frame of the context alone takes that many`
  return fail('INVALID_REQUEST', `maxTokens: ${message}.`, { issues: [{ path: 'maxTokens', message }] })
}

/**
 * Every plan on the way from the empty one to the fullest that seems to fit: round by round each paper, best first,
 * gets its next portion where the budget allows. Costs are added up paper by paper.
 */
function plansOf<Item extends Portions>(items: readonly Item[], tools: Tools): Plan[] {
  const { writer, count, maxTokens } = tools
  const joint = writer.between === '' ? 0 : count(writer.between)
  const costs = items.map(() => 0)
  const plan: (number | null)[] = items.map(() => null)
  const plans: Plan[] = [[...plan]]
  let used = frameCost(tools)
  const rounds = Math.max(0, ...items.map(({ portions }) => portions.length))
  for (let round = 0; round < rounds; round += 1) {
    for (const [at, { portions }] of items.entries()) {
      const shown = portions[round]
      // What did not get its last portion gets no longer one.
      if (!shown || (round > 0 && plan[at] !== round - 1)) continue
      const cost = count(writer.paper(shown)) + joint
      if (used - (costs[at] ?? 0) + cost > maxTokens) continue
      used += cost - (costs[at] ?? 0)
      costs[at] = cost
      plan[at] = round
      plans.push([...plan])
    }
  }
  return plans
}

/**
 * Fills the budget: first every paper's best sentences, then abstracts in full while they fit. The tokens of the whole
 * text decide, because those of its parts need not add up to them.
 */
export function packPapers<Item extends Portions>(items: readonly Item[], tools: Tools): Packed<Item> {
  const plans = plansOf(items, tools)
  for (;;) {
    const plan = plans.pop() ?? []
    const context = render(items, plan, tools.writer)
    const tokenCount = tools.count(context)
    if (tokenCount > tools.maxTokens && plans.length > 0) continue
    const placed = items.map((item, at) => ({ item, portion: plan[at] ?? null }))
    return {
      context,
      tokenCount,
      shown: placed.flatMap(({ item, portion }) => (portion === null ? [] : [{ item, portion }])),
      left: placed.flatMap(({ item, portion }) => (portion === null ? [item] : [])),
    }
  }
}
