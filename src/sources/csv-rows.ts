import { MAX_RECORD } from './format.ts'
import type { Line } from './lines.ts'

/** A row as text (it may hold line ends within quotes), or what is wrong with the line that it begins on. */
export type CsvRow =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly damage: string }
  | { readonly line: number; readonly tooLarge: true }

/**
 * Gathers lines into CSV rows. csv-parse would take everything after an unclosed quote for one field; here the line with
 * that quote is given up alone, and the lines after it are read again as rows of their own.
 */
export async function* readRows(lines: AsyncIterable<Line>, delimiter: string): AsyncGenerator<CsvRow> {
  const rows = new CsvRows(delimiter)
  for await (const line of lines) yield* rows.push(line)
  yield* rows.end()
}

class CsvRows {
  readonly #delimiter: string
  /** The lines of a row whose quote is still open. */
  #open: Line[] = []
  #length = 0

  constructor(delimiter: string) {
    this.#delimiter = delimiter
  }

  push(line: Line): CsvRow[] {
    const found: CsvRow[] = []
    const waiting = [line]
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const state = next.text === null ? 'too-long' : quoteState(next.text, this.#delimiter, this.#open.length > 0)
      this.#open.push(next)
      this.#length += next.text?.length ?? 0
      if (state === 'open' && this.#length <= MAX_RECORD) continue
      const lines = this.#take()
      if (state === 'closed') found.push({ line: lines[0]?.number ?? 0, text: joined(lines) })
      else if (state === 'too-long' && lines.length === 1) found.push({ line: next.number, tooLarge: true })
      else found.push(giveUp(lines, waiting))
    }
    return found
  }

  end(): CsvRow[] {
    const found: CsvRow[] = []
    while (this.#open.length > 0) {
      const again: Line[] = []
      found.push(giveUp(this.#take(), again))
      for (let next = again.pop(); next !== undefined; next = again.pop()) found.push(...this.push(next))
    }
    return found
  }

  #take(): Line[] {
    this.#length = 0
    return this.#open.splice(0)
  }
}

/** Gives up the first line of a row that is none; the others wait, last on top, to be read again. */
function giveUp(lines: readonly Line[], waiting: Line[]): CsvRow {
  for (let at = lines.length - 1; at > 0; at--) waiting.push(...lines.slice(at, at + 1))
  return { line: lines[0]?.number ?? 0, damage: 'a quote on this line is not closed where its field ends' }
}

function joined(lines: readonly Line[]): string {
  return lines.map((line) => line.text ?? '').join('\n')
}

/** Whether a quote is open at the end of the line. A quote opens at the start of a field only. */
function quoteState(text: string, delimiter: string, quotedBefore: boolean): 'open' | 'closed' | 'damaged' {
  let at = quotedBefore ? 0 : afterOpening(text, 0)
  let quoted = quotedBefore || text[at - 1] === '"'
  while (true) {
    if (quoted) {
      const end = closingQuote(text, at)
      if (end < 0) return 'open'
      at = afterSpaces(text, end + 1)
      if (at < text.length && text[at] !== delimiter) return 'damaged'
    }
    const next = text.indexOf(delimiter, at)
    if (next < 0) return 'closed'
    at = afterOpening(text, next + 1)
    quoted = text[at - 1] === '"'
  }
}

/** Behind the opening quote of a field, or where its text begins if it has none. */
function afterOpening(text: string, from: number): number {
  const at = afterSpaces(text, from)
  return text[at] === '"' ? at + 1 : at
}

function afterSpaces(text: string, from: number): number {
  let at = from
  while (text[at] === ' ') at += 1
  return at
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from)
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2)
  return at
}
