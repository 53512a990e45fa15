import { CalendarDate } from '../domain/paper.ts'

/** A date as a listing writes it: `Dec 11, 2024`, `Apr 6, 2023 2`, `Oct 3 2`, `Sep 28`. */
export interface ListingDate {
  /** 1-12 */
  readonly month: number
  readonly day: number
  /** Null where the page leaves it out: the year in which the page was captured. */
  readonly year: number | null
  /** The number after the date; nothing is written where there are no comments. */
  readonly commentCount: number
}

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
const WRITTEN = /^([A-Z][a-z]{2,8})\.? (\d{1,2})(?:, (\d{4}))?(?: (\d[\d,]*))?$/

/** Null where the line is not a date and nothing else. */
export function parseListingDate(line: string): ListingDate | null {
  const [, name = '', day = '', year, comments = '0'] = WRITTEN.exec(line) ?? []
  if (name === '') return null
  const month = monthNumber(name.toLowerCase())
  if (month === 0 || Number(day) < 1 || Number(day) > 31) return null
  return {
    month,
    day: Number(day),
    year: year === undefined ? null : Number(year),
    commentCount: Number(comments.replaceAll(',', '')),
  }
}

function monthNumber(name: string): number {
  const short = name === 'sept' ? 'sep' : name
  return 1 + MONTHS.findIndex((month) => month === short || (short.length === 3 && month.startsWith(short)))
}

/**
 * The year of the dates without one. The page leaves the year out where it is the current one, so every year that it
 * does write lies before; the greatest of them plus one is the earliest that it can be. Null where nothing tells.
 */
export function yearOfCapture(dates: readonly ListingDate[], captured: string | undefined): number | null {
  const given = /^\d{4}/.exec(captured ?? '')?.[0]
  if (given !== undefined) return Number(given)
  const latest = dates.reduce((year, date) => Math.max(year, date.year ?? 0), 0)
  return latest === 0 ? null : latest + 1
}

/** `publishedAt` and `dateInferred` of a record; nothing where the day cannot be told. */
export function publicationDay(
  { month, day, year }: ListingDate,
  captureYear: number | null,
): { publishedAt: string; dateInferred: boolean } | undefined {
  const known = year ?? captureYear
  if (known === null) return undefined
  const publishedAt = [String(known).padStart(4, '0'), twoDigits(month), twoDigits(day)].join('-')
  return CalendarDate.safeParse(publishedAt).success ? { publishedAt, dateInferred: year === null } : undefined
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
