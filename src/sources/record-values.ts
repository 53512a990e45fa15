const DATE_START = /^(\d{4}-\d{2}-\d{2})([T ].*)?$/
const INTEGER = /^\d+(\.0)?$/
const CATEGORY_CODES = /^[a-z-]+(\.[A-Za-z-]+)?(\s+[a-z-]+(\.[A-Za-z-]+)?)*$/

/**
 * A foreign value in the shape that PaperRecord wants. Undefined where it says nothing that can be used. What has our
 * own field's exact name (`native`) and a shape that is not understood stays as it is, for the schema to refuse.
 */
export function convert(field: string, value: unknown, native: boolean): unknown {
  const converter = CONVERTERS[field]
  const converted = converter === undefined ? value : converter(value)
  return converted === undefined && native ? value : converted
}

const CONVERTERS: Readonly<Record<string, (value: unknown) => unknown>> = {
  id: (value) => (typeof value === 'number' ? String(value) : value),
  abstract: (value) => (isTexts(value) ? value.join(' ') : value),
  authors: toNames,
  authorCount: toInteger,
  organization: toOrganization,
  publishedAt: toDate,
  year: toYear,
  commentCount: toInteger,
  venue: toText,
  categories: toCategories,
  arxivId: toArxivId,
  url: (value) => (typeof value === 'string' && /^https?:\/\//i.test(value) ? value : undefined),
  embedding: toEmbedding,
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((part) => typeof part === 'string')
}

function toText(value: unknown): unknown {
  return typeof value === 'string' ? value : undefined
}

function toInteger(value: unknown): unknown {
  if (typeof value !== 'string') return value
  return INTEGER.test(value.trim()) ? Number(value) : undefined
}

/** The year alone, also of a date that is written into it. */
function toYear(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const year = /^\s*(\d{4})(\.0|-.*)?\s*$/.exec(value)?.[1]
  return year === undefined ? undefined : Number(year)
}

function toDate(value: unknown): unknown {
  return typeof value === 'string' ? DATE_START.exec(value.trim())?.[1] : undefined
}

function toArxivId(value: unknown): unknown {
  if (typeof value !== 'string') return undefined
  return value.trim().replace(/^(arxiv:|https?:\/\/arxiv\.org\/(abs|pdf)\/)/i, '')
}

function toCategories(value: unknown): unknown {
  if (typeof value !== 'string') return isTexts(value) ? value : undefined
  const separator = CATEGORY_CODES.test(value.trim()) ? /\s+/ : /[;,]/
  return pieces(value, separator)
}

function toOrganization(value: unknown): unknown {
  if (typeof value === 'string') return { handle: value, name: value }
  if (!isPlainObject(value)) return undefined
  if (typeof value.fullname === 'string') return { handle: value.name, name: value.fullname }
  return { handle: value.handle, name: value.name }
}

function toEmbedding(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function toNames(value: unknown): unknown {
  if (typeof value === 'string') return splitNames(value)
  if (!Array.isArray(value)) return undefined
  return value.map(toName)
}

function toName(value: unknown): unknown {
  if (!isPlainObject(value)) return value
  if (value.name !== undefined) return value.name
  const parts = [value.given ?? value.firstName ?? value.first, value.family ?? value.lastName ?? value.last]
  return parts.filter((part) => typeof part === 'string' && part !== '').join(' ')
}

/** Names out of one text: `A; B`, `Family, Given and Family, Given`, or `A, B and C`. */
function splitNames(text: string): string[] {
  if (text.includes(';')) return pieces(text, ';').map(givenNameFirst)
  const joined = pieces(text, /\s+and\s+/)
  if (joined.length > 1 && joined.every((name) => name.split(',').length === 2)) return joined.map(givenNameFirst)
  return joined.flatMap((part) => pieces(part, ',')).map((name) => name.replace(/^and\s+/, ''))
}

function givenNameFirst(name: string): string {
  const parts = pieces(name, ',')
  return parts.length === 2 ? parts.reverse().join(' ') : name
}

function pieces(text: string, separator: string | RegExp): string[] {
  return text
    .split(separator)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')
}
