import { visibleCharacters } from '../../domain/visible.ts'
import { type FoundKey, findKeys } from '../verify/find-keys.ts'

/** Stands for a citation of nothing that was shown, as LaTeX prints an undefined one. */
const UNDEFINED = '[?]'
const MAX_UNKNOWN = 50

/**
 * Brackets and citing commands, as findKeys reads them from left to right; else, at the end, what may still become one:
 * brackets that are open or were just closed, and the first characters of what `ACTIVE` replaces.
 */
const LEXEME =
  /\[[^[\]\n]{1,400}\](?!$)|\\cite[a-z]{0,10}\*?\{[^{}\n]{1,400}\}|(?<pending>(?:(?:<?!)?\[[^[\]\n]{0,400}\]?|\\(?:c|ci|cit|cite[a-z]{0,10}\*?(?:\{[^{}\n]{0,400})?)?|<?!|[<\]:]|:\/)$)/g

/** What a page would load or follow. The citations have the addresses; a model has no reason to write any. */
const ACTIVE: readonly (readonly [RegExp, string])[] = [
  [/!(?=\[)/g, '! '],
  [/\](?=\()/g, '] '],
  [/:(?=\/\/)/g, ': '],
  [/<(?=[a-z/!?])/gi, '‹'],
]

const LONE_HALF = /[\uD800-\uDBFF]$/

export interface Guarded {
  /** What can be sent on. */
  readonly text: string
  /** The keys in it, as the context has them, in order. */
  readonly keys: readonly string[]
}

/**
 * Reads what a language model writes, piece by piece, before anybody else does: keys that the context does not have are
 * replaced, links, images and tags made harmless, invisible characters taken out. What comes out does not depend on
 * where the pieces end.
 */
export class CitationGuard {
  /** By the key in lower case. */
  readonly #known: ReadonlyMap<string, string>
  readonly #unknown = new Set<string>()
  #half = ''
  #held = ''

  constructor(keys: readonly string[]) {
    this.#known = new Map(keys.map((key) => [key.toLowerCase(), key]))
  }

  /** The keys that were replaced, as the model wrote them. */
  get unknown(): readonly string[] {
    return [...this.#unknown]
  }

  push(piece: string): Guarded {
    const text = this.#half + piece
    this.#half = LONE_HALF.exec(text)?.[0] ?? ''
    const visible = visibleCharacters(text.slice(0, text.length - this.#half.length))
    this.#held += visible.replaceAll('【', '[').replaceAll('】', ']')
    const pending = [...this.#held.matchAll(LEXEME)].find(({ groups }) => groups?.pending !== undefined)
    return this.#release(pending?.index ?? this.#held.length)
  }

  /** What was held back. */
  end(): Guarded {
    this.#half = ''
    return this.#release(this.#held.length)
  }

  #release(length: number): Guarded {
    let text = this.#held.slice(0, length)
    this.#held = this.#held.slice(length)
    for (const [sign, harmless] of ACTIVE) text = text.replace(sign, harmless)
    return this.#withKnownKeys(text)
  }

  #withKnownKeys(text: string): Guarded {
    const groups = new Map<FoundKey['group'], string[]>()
    for (const { group, key } of findKeys(text, new Set(this.#known.values()))) {
      groups.set(group, [...(groups.get(group) ?? []), key])
    }
    const cited: string[] = []
    let done = ''
    let from = 0
    for (const [{ start, end }, keys] of groups) {
      const known = keys.flatMap((key) => this.#resolve(key))
      const asItIs = text.startsWith('[', start) && keys.every((key) => known.includes(key))
      done += text.slice(from, start)
      if (asItIs) done += text.slice(start, end)
      else done += known.length === 0 ? UNDEFINED : `[${known.join('; ')}]`
      cited.push(...known)
      from = end
    }
    return { text: done + text.slice(from), keys: cited }
  }

  #resolve(key: string): string[] {
    const known = this.#known.get(key.toLowerCase())
    if (known !== undefined) return [known]
    if (this.#unknown.size < MAX_UNKNOWN) this.#unknown.add(key)
    return []
  }
}
