import { MAX_RECORD } from './format.ts'

/** An `<entry>` as text, or what is wrong with it. */
export type AtomEntry =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly damage: string }
  | { readonly line: number; readonly tooLarge: true }

/** What begins an entry, ends one, ends the feed. */
const TAG = /(<(?:[\w-]+:)?entry(?=[\s>]))|(<\/(?:[\w-]+:)?entry\s*>)|<\/(?:[\w-]+:)?feed\s*>/g
/** Longer than any such tag, so that one which a chunk boundary cuts is still found. */
const OVERLAP = 100

/** Cuts a feed into its entries while it streams by; one that is not closed ends where the next begins. */
export async function* readAtomEntries(text: AsyncIterable<string>): AsyncGenerator<AtomEntry> {
  const splitter = new AtomSplitter()
  for await (const chunk of text) yield* splitter.push(chunk)
  yield* splitter.end()
}

class AtomSplitter {
  #waiting = ''
  #line = 1
  #entry: { readonly line: number; parts: string[]; length: number } | null = null
  #feedClosed = false

  push(chunk: string): AtomEntry[] {
    const found: AtomEntry[] = []
    const text = this.#waiting + chunk
    let done = 0
    for (const { 0: tag, 1: start, 2: end, index } of text.matchAll(TAG)) {
      this.#pass(text.slice(done, index))
      if (start !== undefined) found.push(...this.#begin())
      this.#pass(tag)
      if (end !== undefined) found.push(...this.#finish())
      if (start === undefined && end === undefined) this.#feedClosed = true
      done = index + tag.length
    }
    const searched = Math.max(done, text.length - OVERLAP)
    this.#pass(text.slice(done, searched))
    this.#waiting = text.slice(searched)
    return found
  }

  end(): AtomEntry[] {
    if (this.#entry !== null) return [{ line: this.#entry.line, damage: 'the file ends inside it' }]
    if (this.#feedClosed) return []
    this.#pass(this.#waiting)
    return [{ line: this.#line, damage: 'the file ends before the feed is closed' }]
  }

  #begin(): AtomEntry[] {
    const before = this.#entry
    this.#entry = { line: this.#line, parts: [], length: 0 }
    return before === null ? [] : [{ line: before.line, damage: 'it is not closed before the next one begins' }]
  }

  #finish(): AtomEntry[] {
    const entry = this.#entry
    this.#entry = null
    if (entry === null) return []
    const { line, length, parts } = entry
    return [length > MAX_RECORD ? { line, tooLarge: true } : { line, text: parts.join('') }]
  }

  #pass(text: string): void {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#line += 1
    if (this.#entry === null) return
    this.#entry.length += text.length
    if (this.#entry.length > MAX_RECORD) this.#entry.parts = []
    else this.#entry.parts.push(text)
  }
}
