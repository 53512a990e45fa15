import { MAX_RECORD } from './format.ts'

/** An element of a JSON array as text, or what is wrong with it. */
export type JsonElement =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly damage: string }
  | { readonly line: number; readonly tooLarge: true }

type Phase = 'start' | 'gap' | 'element' | 'end' | 'trailing'

/** What ends plain text within a string: its end, an escape, or a control character, which JSON forbids there. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const SPECIAL = /["\\\u0000-\u001f]/g

/**
 * Cuts a JSON array into the texts of its elements while it streams by, without parsing them.
 *
 * What no valid JSON can hold (a line end in a string, brackets that do not match, `{` in an object where a key must
 * stand) marks the element as damaged, and it ends at the next place where an object of the array begins: a `{` after
 * `},` or at the start of a line. So one damaged element does not take the rest of the file with it.
 */
export class JsonElements {
  #phase: Phase = 'start'
  #line = 1
  #elementLine = 1
  #parts: string[] = []
  #length = 0
  /** Where the current element's text begins in the current chunk. */
  #from = 0
  #open: string[] = []
  #inString = false
  #escaped = false
  /** The last two characters outside strings that are not white space. */
  #last = ''
  #beforeLast = ''
  #lineStart = false
  #damage = ''
  #found: JsonElement[] = []

  push(chunk: string): JsonElement[] {
    this.#from = 0
    for (let at = 0; at < chunk.length; at++) {
      if (this.#inString && !this.#escaped) at = endOfPlainText(chunk, at)
      const char = chunk.charAt(at)
      if (this.#phase === 'element') this.#inElement(chunk, at, char)
      else this.#between(at, char)
      if (char === '\n') {
        this.#line += 1
        this.#lineStart = true
      } else if (!isSpace(char)) this.#lineStart = false
    }
    if (this.#phase === 'element') this.#keep(chunk.slice(this.#from))
    return this.#found.splice(0)
  }

  /** What is left at the end of the text. */
  end(): JsonElement[] {
    if (this.#phase === 'element') {
      this.#damage ||= 'the text ends inside it'
      this.#finish()
    } else if (this.#phase === 'gap') {
      this.#found.push({ line: this.#line, damage: 'the text ends before the array is closed' })
    }
    return this.#found.splice(0)
  }

  #between(at: number, char: string): void {
    if (isSpace(char) || this.#phase === 'trailing') return
    if (this.#phase === 'start') this.#phase = 'gap'
    else if (this.#phase === 'end') {
      this.#phase = 'trailing'
      this.#found.push({ line: this.#line, damage: 'it stands after the end of the array' })
    } else if (char === ']') this.#phase = 'end'
    else if (char !== ',') this.#begin(at, char)
  }

  #begin(at: number, char: string): void {
    this.#phase = 'element'
    this.#elementLine = this.#line
    this.#from = at
    this.#open = char === '{' || char === '[' ? [char] : []
    this.#inString = char === '"'
    this.#last = char
    this.#beforeLast = ''
  }

  #inElement(chunk: string, at: number, char: string): void {
    if (this.#damage !== '') this.#seekNext(chunk, at, char)
    else if (this.#inString) this.#inText(char)
    else if (!isSpace(char)) this.#structure(chunk, at, char)
  }

  #inText(char: string): void {
    if (this.#escaped) this.#escaped = false
    else if (char === '\\') this.#escaped = true
    else if (char === '"') {
      this.#inString = false
      this.#last = '"'
    } else if (char < ' ') this.#setDamage('a string in it is not closed')
  }

  #structure(chunk: string, at: number, char: string): void {
    const top = this.#open.at(-1)
    if (top === undefined && (char === ',' || char === ']')) this.#close(chunk, at, char)
    else if (char === '{' && top === '{' && this.#last !== ':') {
      this.#damage = 'an object in it is not closed'
      this.#restart(chunk, at, char)
    } else if (char === '}' || char === ']') this.#closeBracket(chunk, at, char)
    else this.#withinValue(char)
  }

  #withinValue(char: string): void {
    if (this.#last === '"' && char !== ',' && char !== ':') this.#setDamage('a string in it is not closed')
    else if (char === '"') this.#inString = true
    else if (char === '{' || char === '[') this.#open.push(char)
    this.#remember(char)
  }

  #closeBracket(chunk: string, at: number, char: '}' | ']'): void {
    const matches = this.#open.pop() === (char === '}' ? '{' : '[')
    if (matches && this.#open.length === 0) this.#close(chunk, at + 1, '')
    else {
      if (!matches) this.#setDamage('its brackets do not match')
      this.#remember(char)
    }
  }

  #setDamage(damage: string): void {
    this.#damage = damage
    this.#inString = false
  }

  #seekNext(chunk: string, at: number, char: string): void {
    if (isSpace(char)) return
    const afterObject = this.#last === ',' && this.#beforeLast === '}'
    if (char === '{' && (afterObject || this.#lineStart)) this.#restart(chunk, at, char)
    else this.#remember(char)
  }

  #remember(char: string): void {
    this.#beforeLast = this.#last
    this.#last = char
  }

  /** Ends the element before `end`; `next` is what ended it, where that belongs to the array. */
  #close(chunk: string, end: number, next: string): void {
    this.#keep(chunk.slice(this.#from, end))
    this.#finish()
    this.#phase = next === ']' ? 'end' : 'gap'
  }

  #restart(chunk: string, at: number, char: string): void {
    this.#close(chunk, at, '')
    this.#begin(at, char)
  }

  #keep(text: string): void {
    this.#length += text.length
    if (this.#length > MAX_RECORD || this.#damage !== '') this.#parts = []
    else this.#parts.push(text)
  }

  #finish(): void {
    const line = this.#elementLine
    if (this.#damage !== '') this.#found.push({ line, damage: this.#damage })
    else if (this.#length > MAX_RECORD) this.#found.push({ line, tooLarge: true })
    else this.#found.push({ line, text: this.#parts.join('') })
    this.#parts = []
    this.#length = 0
    this.#damage = ''
    this.#inString = false
    this.#escaped = false
    this.#open = []
  }
}

function endOfPlainText(chunk: string, from: number): number {
  SPECIAL.lastIndex = from
  return SPECIAL.exec(chunk)?.index ?? chunk.length - 1
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\n' || char === '\r' || char === '\t'
}
