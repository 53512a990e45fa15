import { matchBraces, mathDelimiters } from './latex-delimiters.ts'
import { ACCENTS, DROPPED, ESCAPES, SPACES, SWITCHES, SYMBOLS, WRAPPERS } from './latex-symbols.ts'

/** Characters without which a text holds no markup that is read here. */
const MARKUP = /[\\${}~`]|--/
/** What means nothing, up to the next character that may. */
const PLAIN = /[^\\{}$~\-`']+/y
/** White space other than a single blank. */
const BLANKS = / \s+|[^\S ]\s*/g
/** How far `[…]` after a command may reach: bounds the look-ahead, so that the scan stays linear. */
const MAX_OPTION = 200

/**
 * Text without its LaTeX markup, for embedding and for search: `$\alpha$` becomes α, `\emph{x}` x, `\cite{x}` nothing.
 * White space is folded; text without markup is otherwise unchanged. Never throws, and takes linear time.
 */
export function cleanLatex(text: string): string {
  const plain = MARKUP.test(text) ? textOf(new Scanner(text).scan()) : text
  return plain.replace(BLANKS, ' ').trim()
}

/** A piece of cleaned text, and the part of the given text that it stands for: `given.slice(start, end)`. */
export interface CleanPiece {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The same pieces of text in their order, white space not yet folded, each with its place in the text as it was given. */
export const cleanPieces = (text: string): readonly CleanPiece[] =>
  MARKUP.test(text) ? new Scanner(text).scan() : [{ text, start: 0, end: text.length }]

const textOf = (pieces: readonly CleanPiece[]): string => pieces.map(({ text }) => text).join('')

/** One pass from left to right; every look-ahead is bounded or was computed for all places beforehand. */
class Scanner {
  readonly #text: string
  readonly #closing: ReadonlyMap<number, number>
  readonly #dollars: ReadonlySet<number>
  /** Text to be put where a closing brace stands, e.g. the slash of a fraction. */
  readonly #atClosing = new Map<number, string>()
  readonly #out: CleanPiece[] = []
  /** Where what is read now began. */
  #start = 0
  #at = 0
  #quoted = false

  constructor(text: string) {
    this.#text = text
    this.#closing = matchBraces(text)
    this.#dollars = mathDelimiters(text)
  }

  scan(): readonly CleanPiece[] {
    while (this.#at < this.#text.length) {
      this.#start = this.#at
      PLAIN.lastIndex = this.#at
      if (PLAIN.test(this.#text)) {
        this.#at = PLAIN.lastIndex
        this.#put(this.#text.slice(this.#start, this.#at))
      } else this.#sign(this.#text.charAt(this.#at))
    }
    return this.#out
  }

  #sign(char: string): void {
    const at = this.#at
    this.#at += 1
    if (char === '\\') this.#command()
    else if (char === '{') this.#open(at)
    else if (char === '}') this.#put(this.#atClosing.get(at) ?? '')
    else if (char === '$') this.#put(this.#dollars.has(at) ? '' : '$')
    else if (char === '~') this.#put(/[\p{L}\p{N}.,:;)}\]$]/u.test(this.#text.charAt(at - 1)) ? ' ' : '~')
    else if (char === '-') this.#dashes(at)
    else this.#quote(char)
  }

  /** Braces vanish, but not where that would make one number of two or one word of an index and what follows it. */
  #open(at: number): void {
    const before = this.#text.charAt(at - 1)
    const end = this.#closing.get(at) ?? at
    if (/\d/.test(before) && /\d/.test(this.#text.charAt(at + 1))) this.#put(' ')
    const isIndex = (before === '_' || before === '^') && end > at + 2
    if (isIndex && /[A-Za-z]/.test(this.#text.charAt(end + 1))) this.#atClosing.set(end, ' ')
  }

  /** `--` and `---` are dashes where both sides look alike; ` --flag` and longer rules are left as they are. */
  #dashes(start: number): void {
    while (this.#text.charAt(this.#at) === '-') this.#at += 1
    const run = this.#text.slice(start, this.#at)
    const before = /[\s~]/.test(this.#text.charAt(start - 1) || ' ')
    const after = /[\s~]/.test(this.#text.charAt(this.#at) || ' ')
    this.#put(run.length > 1 && run.length < 4 && before === after ? '-' : run)
  }

  #quote(char: string): void {
    const double = this.#text.charAt(this.#at) === char && (char === '`' || this.#quoted)
    if (double) {
      this.#quoted = char === '`'
      this.#at += 1
    }
    this.#put(double ? '"' : char)
  }

  #command(): void {
    const first = this.#text.charAt(this.#at)
    if (/[A-Za-z]/.test(first)) this.#named(this.#name())
    else this.#escape(first)
  }

  #escape(char: string): void {
    this.#at += 1
    const mark = ACCENTS.get(char)
    if (mark === undefined) this.#put(ESCAPES.get(char) ?? char)
    else if (/[\p{L}{\\]/u.test(this.#text.charAt(this.#at))) this.#accent(mark)
    else this.#put(char)
  }

  #name(): string {
    const start = this.#at
    while (/[A-Za-z]/.test(this.#text.charAt(this.#at))) this.#at += 1
    const name = this.#text.slice(start, this.#at)
    if (this.#text.charAt(this.#at) === '*') this.#at += 1
    return name
  }

  #named(name: string): void {
    const symbol = SYMBOLS.get(name)
    const mark = ACCENTS.get(name)
    if (symbol !== undefined) this.#put(symbol)
    else if (mark !== undefined && /[\s{]/.test(this.#text.charAt(this.#at))) this.#accent(mark)
    else if (DROPPED.has(name)) this.#drop(DROPPED.get(name) ?? 0)
    else if (name === 'url' || name === 'path') this.#verbatim()
    else if (name === 'frac' || name === 'dfrac' || name === 'tfrac') this.#fraction()
    else if (SPACES.has(name)) this.#put(' ')
    else if (SWITCHES.has(name)) this.#skipBlanks()
    else if (WRAPPERS.has(name)) this.#skipBlanks()
    // A command of the authors: with an argument it shapes that, without one it is most often a name (\modelname).
    else if (!this.#hasArgument()) this.#put(name)
  }

  /** The letter that follows, with or without braces, under a combining mark. */
  #accent(mark: string): void {
    const accented = /^\s*\{?\s*(?:\\([ij])(?![A-Za-z])\s*|(\p{L}))\}?/u.exec(this.#text.slice(this.#at, this.#at + 12))
    const letter = accented?.[1] ?? accented?.[2]
    if (accented === null || letter === undefined) return
    this.#at += accented[0].length
    this.#put(`${letter}${mark}`.normalize('NFC'))
  }

  /** Passes over options and that many arguments, and over the space that would stand before punctuation then. */
  #drop(count: number): void {
    this.#skipOptions()
    for (let left = count; left > 0 && this.#hasArgument(); left -= 1) {
      this.#at = (this.#closing.get(this.#at) ?? this.#at) + 1
    }
    if (!/[.,;:!?)]/.test(this.#text.charAt(this.#at))) return
    while (this.#dropBlanks());
  }

  /** Takes the white space from the end of the last piece; whether all of it is gone then. */
  #dropBlanks(): boolean {
    const last = this.#out.pop()
    if (last === undefined) return false
    const { text, start, end } = last
    const isAsGiven = text.length === end - start
    const rest = isAsGiven || text.length === 1 ? text.trimEnd() : text
    if (rest !== '') this.#out.push({ text: rest, start, end: isAsGiven ? start + rest.length : end })
    return rest === ''
  }

  /** A URL keeps its tildes, underscores and percent signs. */
  #verbatim(): void {
    const end = this.#closing.get(this.#at)
    if (end === undefined) return
    this.#put(this.#text.slice(this.#at + 1, end))
    this.#at = end + 1
  }

  #fraction(): void {
    const end = this.#closing.get(this.#at)
    if (end !== undefined) this.#atClosing.set(end, '/')
  }

  #hasArgument(): boolean {
    const end = this.#closing.get(this.#at)
    return end !== undefined && end > this.#at + 1
  }

  #skipOptions(): void {
    while (this.#text.charAt(this.#at) === '[') {
      const end = this.#text.slice(this.#at, this.#at + MAX_OPTION).indexOf(']')
      if (end < 0) return
      this.#at += end + 1
    }
  }

  #skipBlanks(): void {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1
  }

  #put(text: string): void {
    if (text !== '') this.#out.push({ text, start: this.#start, end: this.#at })
  }
}
