import { parseListingDate } from './listing-dates.ts'
import type { EntryDetails, ListingBlock, TextBlock } from './listing-lines.ts'
import { proseScore } from './listing-prose.ts'

/** A run of blocks that belong together. */
export interface ListingEntry {
  readonly kind: 'paper' | 'title-only' | 'text-only' | 'details-only'
  readonly line: number
  readonly title: string | null
  /** The paragraphs of the abstract; null is one that is too long to hold. */
  readonly abstract: readonly (string | null)[]
  readonly details?: EntryDetails | undefined
}

/**
 * What each deviation from "title, abstract, details" costs. A line that reads like the other kind costs up to 3
 * (proseScore), so one odd title is never worth a deviation, and a lost line does not shift all the pairs after it.
 */
const COST = {
  titleOnly: 1.3,
  titleWithDetails: 1,
  textOnly: 6,
  detailsOnly: 6,
  /** A page without blank lines, or a paragraph of its own. */
  paragraph: 4.5,
  /** A further line of the same paragraph, on a page that sets its entries apart. */
  wrappedLine: 0.5,
  withoutDetails: 0.5,
  pageDate: 0.3,
  dateAsTitle: 1,
  strayDate: 2,
} as const
const MAX_PARAGRAPHS = 40

interface Step {
  readonly cost: number
  /** The index of the block after it. */
  readonly next: number
  readonly entry: ListingEntry | null
}

/** Cuts a page into entries: of all ways to do so, the one that costs least (dynamic programming from the end). */
export function toEntries(blocks: readonly ListingBlock[]): ListingEntry[] {
  const page = { blocks, hasDetails: blocks.some((block) => block.kind === 'details'), spaced: isSpaced(blocks) }
  const cost = new Float64Array(blocks.length + 1)
  const chosen: Step[] = []
  for (let at = blocks.length - 1; at >= 0; at--) {
    let best: Step = { cost: Number.POSITIVE_INFINITY, next: at + 1, entry: null }
    for (const step of stepsAt(page, at)) {
      const total = step.cost + (cost[step.next] ?? 0)
      if (total < best.cost) best = { ...step, cost: total }
    }
    cost[at] = best.cost
    chosen[at] = best
  }
  return follow(chosen)
}

function follow(chosen: readonly Step[]): ListingEntry[] {
  const entries: ListingEntry[] = []
  for (let step = chosen[0]; step !== undefined; step = chosen[step.next]) {
    if (step.entry !== null) entries.push(step.entry)
  }
  return entries
}

interface Page {
  readonly blocks: readonly ListingBlock[]
  readonly hasDetails: boolean
  readonly spaced: boolean
}

function isSpaced(blocks: readonly ListingBlock[]): boolean {
  const texts = blocks.filter((block) => block.kind === 'text')
  return texts.filter((block) => block.apart).length > texts.length / 2
}

function* stepsAt(page: Page, at: number): Generator<Step> {
  const block = page.blocks[at]
  if (block === undefined) return
  if (block.kind === 'details') {
    const entry = { kind: 'details-only', line: block.line, title: null, abstract: [] } as const
    yield { cost: COST.detailsOnly, next: at + 1, entry }
    return
  }
  yield* paperSteps(page, at, block)
  const score = proseScore(block.text)
  const { details, next } = detailsAt(page, at + 1)
  const alone = { line: block.line, abstract: [], details } as const
  const lone = details === undefined ? COST.titleOnly : COST.titleWithDetails
  yield { cost: lone + Math.max(0, score), next, entry: { ...alone, kind: 'title-only', title: block.text } }
  yield { cost: COST.textOnly + Math.max(0, -score), next, entry: { ...alone, kind: 'text-only', title: null } }
  if (parseListingDate(block.text ?? '') !== null) {
    yield { cost: isPageDate(block) ? COST.pageDate : COST.strayDate, next: at + 1, entry: null }
  }
}

function isPageDate({ text, afterFurniture }: TextBlock): boolean {
  return afterFurniture && parseListingDate(text ?? '') !== null
}

/** A title here and an abstract of one paragraph, two, three … after it. */
function* paperSteps(page: Page, at: number, title: TextBlock): Generator<Step> {
  let cost = Math.max(0, proseScore(title.text)) + (isPageDate(title) ? COST.dateAsTitle : 0)
  const abstract: (string | null)[] = []
  for (let end = at + 1; abstract.length < MAX_PARAGRAPHS; end++) {
    const block = page.blocks[end]
    if (block?.kind !== 'text') return
    const wrapped = page.spaced && !block.apart
    if (abstract.length > 0) cost += wrapped ? COST.wrappedLine : COST.paragraph
    cost += Math.max(0, -proseScore(block.text))
    abstract.push(block.text)
    const { details, next } = detailsAt(page, end + 1)
    const missing = page.hasDetails && details === undefined ? COST.withoutDetails : 0
    const entry = { kind: 'paper', line: title.line, title: title.text, abstract: [...abstract], details } as const
    yield { cost: cost + missing, next, entry }
  }
}

function detailsAt({ blocks }: Page, at: number): { details: EntryDetails | undefined; next: number } {
  const block = blocks[at]
  return block?.kind === 'details' ? { details: block.details, next: at + 1 } : { details: undefined, next: at }
}
