import { type Creator, parse } from '@retorquere/bibtex-parser'

const BRACED = String.raw`\{(?:[^{}\\]|\\.|\{(?:[^{}\\]|\\.|\{[^{}]*\})*\})*\}`
const INNER = String.raw`(?:[^$\\{}]|\\[^()[\]]|${BRACED})+`
/** Formulas, which stay as they are: Kindred shows and cleans LaTeX itself. Braces keep one from spanning two fields. */
const MATH = new RegExp(String.raw`(?<!\\)(?:\$\$${INNER}\$\$|\$${INNER}\$|\\\(${INNER}\\\)|\\\[${INNER}\\\])`, 'gs')
/**
 * A single dollar sign, at which the parser would give up the field, and characters that it reads as TeX's oldest font
 * encoding has them (`<` as `¡`), whereas exports mean what they write.
 */
const LITERAL = /(?<!\\)\$|[<>|]/g
/** Private-use characters, which the parser passes through. */
const MARK = /\uE000(\d+)\uE001/g
/** The HTML that the parser makes of \emph, \textbf, \url … */
const TAGS = /<\/?(?:a|b|i|u|sub|sup|sc|tt|span|pre|enquote|code|br|p)(?: [^<>]*)?\/?>/g
const DOTLESS = /[ıȷ](?=[\u0300-\u036f])/g

type BibtexFields = Readonly<Record<string, string | readonly string[] | readonly Creator[] | undefined>>

export interface ParsedEntry {
  readonly fields: BibtexFields
  /** The same in Unicode, with formulas as they were written. */
  textOf(value: string): string
}

/** One entry with its LaTeX turned into Unicode. Null where it cannot be parsed whole. */
export function parseEntry(entry: string, strings: Readonly<Record<string, string>>): ParsedEntry | null {
  const kept: string[] = []
  const keep = (original: string): string => `\uE000${kept.push(original) - 1}\uE001`
  const { entries, errors } = parse(entry.replace(MATH, keep).replace(LITERAL, keep), {
    english: false,
    sentenceCase: false,
    caseProtection: false,
    strings: { ...strings },
    unsupported: (_node, tex) => tex,
  })
  const [parsed] = entries
  // An error without input is an abbreviation that is defined nowhere; its name then stands for it.
  if (parsed === undefined || errors.some((error) => error.input !== '')) return null
  const restored = (text: string): string => text.replace(MARK, (_mark, index) => kept[Number(index)] ?? '')
  return { fields: parsed.fields, textOf: (value) => restored(unmarked(value)) }
}

/** The abbreviations that an `@string` entry defines, by upper-case name. */
export function parseStrings(entry: string, strings: Readonly<Record<string, string>>): Record<string, string> {
  return parse(entry, { strings: { ...strings } }).strings
}

export function nameOf({ name, firstName, prefix, lastName, suffix }: Creator): string {
  return name ?? [firstName, prefix, lastName, suffix].filter((part) => part !== undefined && part !== '').join(' ')
}

function unmarked(text: string): string {
  return text
    .replace(TAGS, '')
    .replace(DOTLESS, (letter) => (letter === 'ı' ? 'i' : 'j'))
    .normalize('NFC')
    .replace(/\\?\s+/g, ' ')
    .trim()
}
