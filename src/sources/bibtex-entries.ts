import { MAX_RECORD } from './format.ts'
import type { Line } from './lines.ts'

/** A top-level entry as text (`@article{…}`, also `@string`, `@comment`, `@preamble`), or what is wrong with it. */
export type BibtexEntry =
  | { readonly line: number; readonly type: string; readonly text: string }
  | { readonly line: number; readonly damage: string }
  | { readonly line: number; readonly tooLarge: true }

const START = /@\s*([A-Za-z]+)\s*([{(])/g
const START_OF_LINE = /^\s*@\s*[A-Za-z]+\s*[{(]/

/**
 * Cuts BibTeX into entries by counting braces. A line that begins like an entry begins one even where the entry before
 * is not closed, so that a forgotten brace costs one entry. What stands between entries is comment.
 */
export async function* readEntries(lines: AsyncIterable<Line>): AsyncGenerator<BibtexEntry> {
  let entry: OpenEntry | null = null
  for await (const line of lines) {
    if (entry === null && line.text === null) yield { line: line.number, tooLarge: true }
    if (entry !== null && line.text !== null && START_OF_LINE.test(line.text)) {
      yield unfinished(entry, 'it is not closed before the next entry begins')
      entry = null
    }
    const read = readLine(line, entry)
    entry = read.open
    yield* read.closed
  }
  if (entry !== null) yield unfinished(entry, 'the file ends inside it')
}

function unfinished({ line, length }: OpenEntry, damage: string): BibtexEntry {
  return length > MAX_RECORD ? { line, tooLarge: true } : { line, damage }
}

interface OpenEntry {
  readonly line: number
  readonly type: string
  readonly closer: '}' | ')'
  depth: number
  length: number
  parts: string[]
}

function readLine(line: Line, before: OpenEntry | null): { open: OpenEntry | null; closed: BibtexEntry[] } {
  const closed: BibtexEntry[] = []
  const text = line.text ?? ''
  let open = before
  // Braces of a line that is too long are unknown: the entry goes on to where the next one begins.
  if (open !== null && line.text === null) open.length = Number.POSITIVE_INFINITY
  for (let at = 0; ; ) {
    if (open === null) {
      const start = startIn(text, at)
      if (start === null) return { open, closed }
      open = { line: line.number, ...start.entry }
      at = start.end
    }
    const end = endOf(open, text, at)
    keep(open, end === null ? `${text.slice(at)}\n` : text.slice(at, end))
    if (end === null) return { open, closed }
    closed.push(finished(open))
    open = null
    at = end
  }
}

function startIn(text: string, from: number): { entry: Omit<OpenEntry, 'line'>; end: number } | null {
  START.lastIndex = from
  const match = START.exec(text)
  if (match === null) return null
  const [all, type = '', opener] = match
  const closer = opener === '(' ? ')' : '}'
  const entry = { type: type.toLowerCase(), closer, depth: 0, length: all.length, parts: [all] } as const
  return { entry: { ...entry, parts: [all] }, end: START.lastIndex }
}

function keep(entry: OpenEntry, text: string): void {
  entry.length += text.length
  if (entry.length > MAX_RECORD) entry.parts = []
  else entry.parts.push(text)
}

function finished({ line, type, length, parts }: OpenEntry): BibtexEntry {
  return length > MAX_RECORD ? { line, tooLarge: true } : { line, type, text: parts.join('') }
}

/** Where the entry ends in the text, behind its closing character. Null where it goes on. */
function endOf(entry: OpenEntry, text: string, from: number): number | null {
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === '\\') at += 1
    else if (char === '{') entry.depth += 1
    else if (char === entry.closer && entry.depth === 0) return at + 1
    else if (char === '}') entry.depth -= 1
  }
  return null
}
