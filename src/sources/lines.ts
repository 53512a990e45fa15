import { MAX_RECORD } from './format.ts'

/** A line of text without its end. `text` is null where the line is longer than MAX_RECORD. */
export interface Line {
  /** Counts from 1. */
  readonly number: number
  readonly text: string | null
}

/** The lines of a text, ended by LF or CRLF. Never holds more than one chunk and MAX_RECORD of a line. */
export async function* readLines(text: AsyncIterable<string>): AsyncGenerator<Line> {
  let number = 1
  let parts: string[] = []
  let length = 0

  function take(part: string): void {
    length += part.length
    if (length > MAX_RECORD) parts = []
    else if (part !== '') parts.push(part)
  }

  function finish(): Line {
    const line = { number, text: length > MAX_RECORD ? null : parts.join('').replace(/\r$/, '') }
    number += 1
    parts = []
    length = 0
    return line
  }

  for await (const chunk of text) {
    let from = 0
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      take(chunk.slice(from, end))
      yield finish()
      from = end + 1
    }
    take(chunk.slice(from))
  }
  if (length > 0) yield finish()
}
