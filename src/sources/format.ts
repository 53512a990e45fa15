import { type ErrorCode, KindredError } from '../domain/errors.ts'
import type { SourceItem } from '../domain/ports.ts'

/** Longest record as text, in UTF-16 code units. Longer ones are passed over without being held in memory. */
export const MAX_RECORD = 2_000_000

/** How much of a text decides its format, in UTF-16 code units. */
export const HEAD_LENGTH = 65_536

/** Decoded text on its way into a parser: no BOM, any chunk boundaries. */
export interface SourceInput {
  /** Base name of the file, or `stdin`. */
  readonly source: string
  readonly text: AsyncIterable<string>
  /** The day the page was captured, `YYYY-MM-DD`; gives the year of dates that are written without one. */
  readonly captured?: string | undefined
}

/** One format. Recognised by content, never by a file's extension. */
export interface SourceFormat {
  readonly name: string
  /** Whether a text that starts so is of this format. `head` is at most HEAD_LENGTH long and may end in mid-line. */
  detect(head: string): boolean
  /**
   * Yields what the text holds, in its order. What is wrong with one record is an item of its own and the others still
   * come; it throws only what reading `text` throws, after the records before that.
   */
  parse(input: SourceInput): AsyncIterable<SourceItem>
}

/** Where an item stands. */
export interface Place {
  readonly source: string
  readonly line: number
}

export function problem({ source, line }: Place, code: ErrorCode, detail?: string): SourceItem {
  return { source, line, error: new KindredError(code, detail) }
}

export function tooLarge(place: Place): SourceItem {
  return problem(place, 'RECORD_TOO_LARGE', `The record is longer than ${MAX_RECORD / 1_000_000} million characters.`)
}
