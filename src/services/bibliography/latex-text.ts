import { cleanLatex } from '../../domain/latex.ts'
import { mathDelimiters } from '../../domain/latex-delimiters.ts'
import { withoutFormatting } from '../../domain/markup.ts'

/** Private-use characters that stand for formulas and braces of ours while a text is cleaned. */
const OPEN = '\uE000'
const CLOSE = '\uE001'
const PROTECT = '\uE002'
const RELEASE = '\uE003'
const OURS = /[\uE000-\uE003]/g
const MARK = /\uE000(\d+)\uE001/g

const ESCAPED = new Map([
  ['\\', '\\textbackslash{}'],
  ['^', '\\textasciicircum{}'],
  ['~', '\\textasciitilde{}'],
  // BibTeX counts braces even behind a backslash.
  ['{', '\\textbraceleft{}'],
  ['}', '\\textbraceright{}'],
])
const SPECIAL = /[\\^~{}$&%#_]/g
/** Two characters that TeX would set as one. */
const LIGATURE = /([-'`<>,])(?=\1)|[?!](?=`)/g
const WORD = /[\p{L}\p{N}\p{M}]+(?:[-'’][\p{L}\p{N}\p{M}]+)*/gu
/** Capitals that a style must not take away: of acronyms, and inside of words. */
const CAPITALS = /\p{Lu}(?!\p{Ll})|[\p{Ll}\p{N}]\p{Lu}/u

function closes(text: string): boolean {
  let open = 0
  for (const [brace] of text.matchAll(/[{}]/g)) {
    open += brace === '{' ? 1 : -1
    if (open < 0) return false
  }
  return open === 0
}

/** Whether TeX, and BibTeX that knows no escapes, find every brace closed. */
const isBalanced = (text: string): boolean => closes(text) && closes(text.replace(/\\./gs, '')) && !/\\$/.test(text)

/** Where formulas begin and end. */
function formulas(text: string): [start: number, end: number][] {
  const found: [number, number][] = []
  const places = [...mathDelimiters(text)].sort((one, other) => one - other)
  const isDouble = (at: number): boolean => places[at + 1] === (places[at] ?? Number.NaN) + 1
  for (let at = 0; at < places.length; ) {
    const width = isDouble(at) ? 2 : 1
    const start = places[at] ?? 0
    const end = (places[at + width] ?? -1) + width
    if (end > start && isDouble(at + width) === (width === 2)) found.push([start, end])
    at += 2 * width
  }
  return found
}

/** Takes formulas out, each replaced by its mark; those that would break the entry stay, to be cleaned. */
function takeFormulas(text: string): { marked: string; taken: string[] } {
  const taken: string[] = []
  let marked = ''
  let from = 0
  for (const [start, end] of formulas(text)) {
    const formula = text.slice(start, end)
    if (/[^$]\$+[^$]/.test(formula) || !isBalanced(formula.replaceAll('$', ''))) continue
    marked += `${text.slice(from, start)}${OPEN}${taken.push(formula) - 1}${CLOSE}`
    from = end
  }
  return { marked: marked + text.slice(from), taken }
}

/** Within a line of text; what opens a comment or a parameter would do so in a formula too. */
const safeFormula = (formula: string): string =>
  `$${formula.replace(/^\$+|\$+$/g, '')}$`.replace(/(?<!\\)[%#]/g, (char) => `\\${char}`).replace(/[\p{Cc}\s]+/gu, ' ')

const escaped = (text: string): string =>
  text.replace(SPECIAL, (char) => ESCAPED.get(char) ?? `\\${char}`).replace(LIGATURE, '$&{}')

const protectedWords = (text: string): string =>
  text.replace(WORD, (word, at: number) =>
    CAPITALS.test(word) && !(word === 'A' && at === 0) ? `${PROTECT}${word}${RELEASE}` : word,
  )

function write(text: string, prepare: (cleaned: string) => string): string {
  const dollars = withoutFormatting(text.replace(OURS, '')).replace(/(?<!\\)\\\(\s*([^$]*?)\s*\\\)/g, '$$$1$$')
  const { marked, taken } = takeFormulas(dollars)
  const cleaned = cleanLatex(marked)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  return (
    escaped(prepare(cleaned))
      .replaceAll(PROTECT, '{')
      .replaceAll(RELEASE, '}')
      // Two formulas side by side would make a displayed one.
      .replaceAll(`${CLOSE}${OPEN}`, `${CLOSE}{}${OPEN}`)
      .replace(MARK, (_mark, index) => safeFormula(taken[Number(index)] ?? ''))
  )
}

/** A text as the value of a BibTeX field: formulas as they are, everything else as Unicode with TeX's signs escaped. */
export const latexText = (text: string): string => write(text, (cleaned) => cleaned)

/** The same for a title, with braces around words whose capitals styles must keep. */
export const latexTitle = (title: string): string => write(title, protectedWords)
