import type { SourceItem } from '../domain/ports.ts'
import { problem, type SourceFormat, type SourceInput, tooLarge } from './format.ts'
import { readLines } from './lines.ts'
import { fileItem, type ToItem } from './record.ts'
import { isPlainObject } from './record-values.ts'

/** One JSON object a line (JSONL, NDJSON). Blank lines are passed over. */
export const jsonl: SourceFormat = {
  name: 'JSONL',
  detect,
  parse: (input) => parseJsonl(input, fileItem),
}

export async function* parseJsonl({ source, text }: SourceInput, toItem: ToItem): AsyncGenerator<SourceItem> {
  for await (const line of readLines(text)) {
    const place = { source, line: line.number }
    if (line.text === null) yield tooLarge(place)
    else if (line.text.trim() !== '') yield parseJson(place, line.text, toItem)
  }
}

/** One JSON text as an item, RECORD_BROKEN where it is not JSON. */
export function parseJson(place: { source: string; line: number }, text: string, toItem: ToItem): SourceItem {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.replaceAll(/\s+/g, ' ').slice(0, 160) : ''
    return problem(place, 'RECORD_BROKEN', `The record is not valid JSON: ${reason}`)
  }
  return toItem(place, value)
}

/** Lines that begin with `{`, but not one object that is spread over several lines. */
function detect(head: string): boolean {
  const lines = head.split('\n', 50).filter((line) => line.trim() !== '')
  const [first, second] = lines
  if (first === undefined) return false
  if (!first.startsWith('{')) return lines.some(isObject)
  return second === undefined || second.startsWith('{') || !/[{[,]\s*$/.test(first)
}

/** For a file whose first line is the broken one. */
function isObject(line: string): boolean {
  if (!line.startsWith('{')) return false
  try {
    return isPlainObject(JSON.parse(line))
  } catch {
    return false
  }
}
