import type { SourceItem } from '../domain/ports.ts'
import { problem, type SourceFormat, type SourceInput, tooLarge } from './format.ts'
import { type Line, readLines } from './lines.ts'
import { parseListingDate, publicationDay, yearOfCapture } from './listing-dates.ts'
import { type ListingEntry, toEntries } from './listing-entries.ts'
import { isListingMark, toBlocks } from './listing-lines.ts'
import { proseScore } from './listing-prose.ts'

/** Longest page in UTF-16 code units. A page is held in memory, since its years are known at its end only. */
const MAX_PAGE = 64_000_000

/**
 * The text of a "trending papers" page: titles and abstracts in turn, with or without blank lines, some pages with the
 * author count or organization, date and comment count of each entry.
 */
export const listingPage: SourceFormat = { name: 'listing page', detect, parse }

async function* parse(input: SourceInput): AsyncGenerator<SourceItem> {
  const { lines, failure } = await readPage(input)
  if (lines === null) {
    yield problem(
      { source: input.source, line: 1 },
      'RECORD_TOO_LARGE',
      'A listing page may have 64 million characters.',
    )
    return
  }
  const entries = toEntries(toBlocks(lines))
  const dates = entries.flatMap(({ details }) => details?.date ?? [])
  const captureYear = yearOfCapture(dates, input.captured)
  // Where the text broke off, nobody can tell whether the last entry is whole.
  const sound = failure === null ? entries : entries.slice(0, -1)
  for (const entry of sound) yield toItem(input.source, entry, captureYear)
  if (failure !== null) throw failure.thrown
}

interface PageRead {
  /** Null where the page is too long. */
  readonly lines: readonly Line[] | null
  readonly failure: { readonly thrown: unknown } | null
}

async function readPage({ text }: SourceInput): Promise<PageRead> {
  const lines: Line[] = []
  let length = 0
  try {
    for await (const line of readLines(text)) {
      length += line.text?.length ?? 0
      if (length > MAX_PAGE) return { lines: null, failure: null }
      lines.push(line)
    }
  } catch (thrown) {
    return { lines, failure: { thrown } }
  }
  return { lines, failure: null }
}

const UNPAIRED = {
  'title-only': 'A title without an abstract.',
  'text-only': 'A text that belongs to no title.',
  'details-only': 'An author count or a date that belongs to no paper.',
} as const

function toItem(source: string, entry: ListingEntry, captureYear: number | null): SourceItem {
  const place = { source, line: entry.line }
  if (entry.kind !== 'paper') return problem(place, 'RECORD_BROKEN', UNPAIRED[entry.kind])
  if (entry.title === null || entry.abstract.includes(null)) return tooLarge(place)
  return { ...place, record: toRecord(entry, captureYear) }
}

function toRecord({ title, abstract, details }: ListingEntry, captureYear: number | null): Record<string, unknown> {
  const record: Record<string, unknown> = { title, abstract: abstract.join('\n') }
  if (details === undefined) return record
  const { date, authorCount, organization } = details
  if (authorCount !== undefined) record.authorCount = authorCount
  if (organization !== undefined) record.organization = organization
  if (date !== undefined) Object.assign(record, publicationDay(date, captureYear))
  // The page writes no number where nobody has commented.
  record.commentCount = date?.commentCount ?? 0
  return record
}

/** The page's own furniture or author lines, or else titles and abstracts strictly in turn. */
function detect(head: string): boolean {
  const lines = head.split('\n').map((line) => line.trim())
  const complete = (lines.length > 1 ? lines.slice(0, -1) : lines).filter((line) => line !== '')
  return complete.some(isListingMark) || hasDates(complete) || alternates(complete)
}

function hasDates(lines: readonly string[]): boolean {
  const dates = lines.filter((line, at) => line === '·' && parseListingDate(lines[at + 1] ?? '') !== null)
  return dates.length >= 2
}

const MARKUP = /^([#>|{}[\]<@*]|- |```|\d+\. )/

function alternates(lines: readonly string[]): boolean {
  const pairs = Math.floor(lines.length / 2)
  if (pairs < 3 || lines.some((line) => MARKUP.test(line))) return false
  const fitting = lines.filter((line, at) => (at % 2 === 0 ? proseScore(line) < 0 : proseScore(line) > 1))
  return fitting.length >= lines.length * 0.9
}
