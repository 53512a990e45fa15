import { CITATION_KEY } from '../../domain/citation-key.ts'

/** A citation key where it stands in an answer, `answer.slice(start, end)`. */
export interface FoundKey {
  readonly key: string
  readonly start: number
  readonly end: number
  /** Where its brackets stand: keys of one pair of brackets are cited together. */
  readonly group: { readonly start: number; readonly end: number }
}

const BRACKETS = /\[([^[\]\n]{1,400})\]|\\cite[a-z]{0,10}\*?\{([^{}\n]{1,400})\}/g
const SEPARATOR = /[;,]/g
/** `@key` of Pandoc, "see key". */
const AROUND = /^(?:\s*(?:see|cf\.|e\.g\.|-?@)?\s*)*/i

/** The parts of a text between commas and semicolons, with their places. */
function* parts(text: string): Generator<{ readonly part: string; readonly at: number }> {
  let start = 0
  for (const { index } of text.matchAll(SEPARATOR)) {
    yield { part: text.slice(start, index), at: start }
    start = index + 1
  }
  yield { part: text.slice(start), at: start }
}

/** Citation keys in square brackets (or `\cite{…}`), and whatever else in brackets is one of the `known` keys. */
export function findKeys(answer: string, known: ReadonlySet<string>): FoundKey[] {
  return [...answer.matchAll(BRACKETS)].flatMap((match) => {
    const { 0: whole, index } = match
    const inner = match[1] ?? match[2] ?? ''
    const group = { start: index, end: index + whole.length }
    const begin = index + whole.lastIndexOf(inner)
    return [...parts(inner)].flatMap(({ part, at }) => {
      const before = AROUND.exec(part)?.[0].length ?? 0
      const key = part.slice(before).trim()
      const start = begin + at + before
      return CITATION_KEY.test(key) || known.has(key) ? [{ key, start, end: start + key.length, group }] : []
    })
  })
}
