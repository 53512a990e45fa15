import { parse } from 'csv-parse/sync'
import type { SourceItem } from '../domain/ports.ts'
import { type CsvRow, readRows } from './csv-rows.ts'
import { type Place, problem, type SourceFormat, type SourceInput, tooLarge } from './format.ts'
import { readLines } from './lines.ts'
import { lookAhead } from './look-ahead.ts'
import { fileItem, isTitleName } from './record.ts'

const DELIMITERS = [',', ';', '\t'] as const

/** CSV with a header row that names a title column; separated by commas, semicolons or tabs. */
export const csv: SourceFormat = {
  name: 'CSV',
  detect: (head) => delimiterOf(head) !== null,
  parse: parseCsv,
}

/** The separator under which the first line is a header with a title, null where there is none. */
function delimiterOf(head: string): string | null {
  const header = /^\s*(\S.*)$/m.exec(head)?.[1]?.trimEnd() ?? ''
  if (header.length > 10_000) return null
  const fits = (delimiter: string): boolean => {
    const columns = cells(header, delimiter)
    return columns !== null && columns.length > 1 && columns.some(isTitleName)
  }
  return DELIMITERS.find(fits) ?? null
}

async function* parseCsv({ source, text }: SourceInput): AsyncGenerator<SourceItem> {
  const ahead = await lookAhead(text, 10_000)
  const delimiter = delimiterOf(ahead.seen.join('')) ?? ','
  let columns: string[] | null = null
  for await (const row of readRows(readLines(ahead.all()), delimiter)) {
    if ('text' in row && row.text.trim() === '') continue
    if (columns === null && 'text' in row) columns = cells(row.text, delimiter)
    else yield toItem({ source, line: row.line }, row, { columns: columns ?? [], delimiter })
  }
}

interface Table {
  readonly columns: readonly string[]
  readonly delimiter: string
}

function toItem(place: Place, row: CsvRow, { columns, delimiter }: Table): SourceItem {
  if ('tooLarge' in row) return tooLarge(place)
  if ('damage' in row) return problem(place, 'RECORD_BROKEN', `The row is not valid CSV: ${row.damage}.`)
  const values = cells(row.text, delimiter)
  if (values === null) return problem(place, 'RECORD_BROKEN', 'The row is not valid CSV.')
  const surplus = values.slice(columns.length)
  if (values.length < columns.length || surplus.some((value) => value !== '')) {
    return problem(place, 'RECORD_BROKEN', `The row has ${values.length} fields, the header has ${columns.length}.`)
  }
  return fileItem(place, Object.fromEntries(columns.map((column, at) => [column, values[at]])))
}

/** The fields of one row, null where it is not one. */
function cells(row: string, delimiter: string): string[] | null {
  try {
    return parse(row, { delimiter, record_delimiter: '\n', relax_quotes: true, trim: true })[0] ?? []
  } catch {
    return null
  }
}
