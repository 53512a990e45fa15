import type { Line } from './lines.ts'
import { type ListingDate, parseListingDate } from './listing-dates.ts'
import { proseScore } from './listing-prose.ts'

/** What a listing page writes under an abstract. */
export interface EntryDetails {
  readonly authorCount?: number
  readonly organization?: { readonly handle: string; readonly name: string }
  readonly date?: ListingDate
}

/** A title or (a part of) an abstract. `text` is null where it is too long to be either. */
export interface TextBlock {
  readonly kind: 'text'
  readonly line: number
  readonly text: string | null
  /** A blank line stands before it. */
  readonly apart: boolean
  /** It directly follows page furniture, where the page date stands. */
  readonly afterFurniture: boolean
}

interface DetailsBlock {
  readonly kind: 'details'
  readonly line: number
  readonly details: EntryDetails
}

export type ListingBlock = TextBlock | DetailsBlock

const TRENDING = /^Get trending papers in your email inbox\b.{0,40}!$/
const BYLINE = /^by ?AK and the research community$/
const FURNITURE = [TRENDING, BYLINE, /^(new|Subscribe|Daily Papers)$/]
const AUTHORS = /^[•·∙]\s*(\d[\d,]*) authors?$/
const DOT = /^[·•∙]$/
/** No account name and organization are longer. */
const MAX_ORGANIZATION = 200

/** A line that only a listing page has. */
export function isListingMark(line: string): boolean {
  return TRENDING.test(line) || BYLINE.test(line) || AUTHORS.test(line)
}

/** The page without its furniture, with the lines under an entry gathered. */
export function toBlocks(lines: readonly Line[]): ListingBlock[] {
  return gatherDetails(withoutFurniture(lines))
}

/** Drops header lines wherever they stand, and `Subscribe` where it is glued to the first title after them. */
function withoutFurniture(lines: readonly Line[]): TextBlock[] {
  const blocks: TextBlock[] = []
  let apart = true
  let afterFurniture = false
  // The button stands at the head of the page, and again where a second page follows in the same file.
  let button: Button = 'possible'
  for (const line of lines) {
    const trimmed = line.text?.trim() ?? null
    if (trimmed === '') {
      apart = true
      continue
    }
    const text = withoutButton(trimmed, button)
    if (text !== null && FURNITURE.some((pattern) => pattern.test(text))) {
      if (TRENDING.test(text)) button = 'certain'
      if (text === 'Subscribe') button = 'none'
      afterFurniture = true
      continue
    }
    button = 'none'
    // What the button is glued to is a title: the page date has a line of its own.
    blocks.push({ kind: 'text', line: line.number, text, apart, afterFurniture: afterFurniture && text === trimmed })
    apart = false
    afterFurniture = false
  }
  return blocks
}

/** Whether the label of the "Subscribe" button may be glued to the next line. */
type Button = 'certain' | 'possible' | 'none'

function withoutButton(text: string | null, button: Button): string | null {
  const rest = /^Subscribe(.+)$/.exec(text ?? '')?.[1]
  if (rest === undefined || button === 'none') return text
  return button === 'certain' || /^[^a-z\s]/.test(rest) ? rest.trim() : text
}

function gatherDetails(texts: readonly TextBlock[]): ListingBlock[] {
  const blocks: ListingBlock[] = []
  for (let at = 0; at < texts.length; at++) {
    const block = texts[at]
    if (block === undefined) continue
    const authors = AUTHORS.exec(block.text ?? '')?.[1]
    const date = DOT.test(block.text ?? '') ? parseListingDate(texts[at + 1]?.text ?? '') : null
    if (authors !== undefined) {
      addDetails(blocks, block.line, { authorCount: Number(authors.replaceAll(',', '')) })
    } else if (date !== null) {
      takeOrganization(blocks, block)
      addDetails(blocks, block.line, { date })
      at += 1
    } else blocks.push(block)
  }
  return blocks
}

function addDetails(blocks: ListingBlock[], line: number, details: EntryDetails): void {
  const last = blocks.at(-1)
  if (last?.kind === 'details' && last.details.date === undefined) {
    blocks[blocks.length - 1] = { ...last, details: { ...last.details, ...details } }
  } else blocks.push({ kind: 'details', line, details })
}

/** Where no author count stands above the dot, the line there is an organization: `handle Name`. */
function takeOrganization(blocks: ListingBlock[], dot: TextBlock): void {
  const line = blocks.at(-1)
  const before = blocks.at(-2)
  if (line?.kind !== 'text' || line.text === null || line.text.length > MAX_ORGANIZATION) return
  const ownParagraph = line.apart && !dot.apart
  const leaning = proseScore(line.text)
  const afterAbstract = before?.kind === 'text' && leaning < -1 && leaning < proseScore(before.text)
  if (!ownParagraph && !afterAbstract) return
  const [handle = '', ...words] = line.text.split(/\s+/)
  const organization = { handle, name: words.join(' ') || handle }
  blocks[blocks.length - 1] = { kind: 'details', line: line.line, details: { organization } }
}
