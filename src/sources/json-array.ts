import type { SourceItem } from '../domain/ports.ts'
import { type Place, problem, type SourceFormat, type SourceInput, tooLarge } from './format.ts'
import { type JsonElement, JsonElements } from './json-elements.ts'
import { parseJson } from './jsonl.ts'
import { fileItem, type ToItem } from './record.ts'

/** A JSON array of objects, however it is laid out. Its elements are parsed one by one. */
export const jsonArray: SourceFormat = {
  name: 'JSON array',
  detect: (head) => /^\s*\[\s*([{["\]\-\dtfn]|$)/.test(head),
  parse: (input) => parseJsonArray(input, fileItem),
}

export async function* parseJsonArray({ source, text }: SourceInput, toItem: ToItem): AsyncGenerator<SourceItem> {
  const elements = new JsonElements()
  const toSourceItem = (element: JsonElement): SourceItem => itemOf({ source, line: element.line }, element, toItem)
  for await (const chunk of text) yield* elements.push(chunk).map(toSourceItem)
  yield* elements.end().map(toSourceItem)
}

function itemOf(place: Place, element: JsonElement, toItem: ToItem): SourceItem {
  if ('text' in element) return parseJson(place, element.text, toItem)
  if ('tooLarge' in element) return tooLarge(place)
  return problem(place, 'RECORD_BROKEN', `The record is not valid JSON: ${element.damage}.`)
}
