import type { PaperRecord } from '../domain/paper.ts'
import type { SourceItem } from '../domain/ports.ts'
import { type Place, problem } from './format.ts'
import { convert, isPlainObject } from './record-values.ts'

type Field = keyof PaperRecord

/**
 * What other exports call our fields, best name first (arXiv and its Kaggle dump, Semantic Scholar, BEIR, SciFact,
 * Zotero, Scopus). Compared in lower case without separators: `Publication Year`, `publication_year`.
 */
const NAMES: Readonly<Partial<Record<Field, readonly string[]>>> = {
  id: ['id', 'paperid', 'docid'],
  title: ['title', 'papertitle'],
  abstract: ['abstract', 'summary', 'abstractnote', 'text'],
  authors: ['authors', 'author', 'authornames'],
  authorCount: ['authorcount', 'numauthors'],
  organization: ['organization'],
  publishedAt: ['publishedat', 'published', 'publicationdate', 'publisheddate', 'date', 'updatedate'],
  year: ['year', 'publicationyear'],
  commentCount: ['commentcount', 'numcomments'],
  venue: ['venue', 'journal', 'journalref', 'booktitle', 'conference', 'publicationtitle', 'sourcetitle'],
  categories: ['categories', 'category', 'fieldsofstudy'],
  arxivId: ['arxivid', 'arxiv', 'eprint'],
  doi: ['doi'],
  url: ['url', 'link'],
  embedding: ['embedding'],
  embeddingModel: ['embeddingmodel'],
}

/** Fields of our own export that are too common elsewhere to be guessed from a similar name. */
const EXACT = new Set<string>(['dateInferred', 'sources', 'addedAt', 'updatedAt'])

const FIELD_OF = new Map<string, { readonly field: Field; readonly rank: number }>(
  Object.entries(NAMES).flatMap(([field, names]) =>
    names.map((name, index) => [name, { field: field as Field, rank: index + 1 }] as const),
  ),
)

/** How a parsed JSON value becomes an item: `fileItem` or `bodyItem`. */
export type ToItem = (place: Place, value: unknown) => SourceItem

/** A value out of a file: usual foreign names are understood, and what Kindred has no field for is left out. */
export function fileItem(place: Place, value: unknown): SourceItem {
  if (!isPlainObject(value)) return notAnObject(place, value)
  return { ...at(place), record: mapFields(value) }
}

/** A value out of a request: nothing is renamed or left out, so that the schema refuses unknown fields. */
export function bodyItem(place: Place, value: unknown): SourceItem {
  return isPlainObject(value) ? { ...at(place), record: value } : notAnObject(place, value)
}

/** Whether a column or field of this name holds titles. */
export function isTitleName(name: string): boolean {
  return FIELD_OF.get(plainName(name))?.field === 'title'
}

function at({ source, line }: Place): Place {
  return { source, line }
}

function notAnObject(place: Place, value: unknown): SourceItem {
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`
  return problem(place, 'RECORD_INVALID', `A paper is a JSON object, this is ${kind}.`)
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function mapFields(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const record: Record<string, unknown> = {}
  const ranks = new Map<string, number>()
  for (const [name, raw] of Object.entries({ ...hidden(value), ...value })) {
    if (raw === null || raw === undefined || raw === '') continue
    if (EXACT.has(name)) record[name] = raw
    const known = FIELD_OF.get(plainName(name))
    if (known === undefined) continue
    const rank = name === known.field ? 0 : known.rank
    if (rank >= (ranks.get(known.field) ?? Number.POSITIVE_INFINITY)) continue
    const converted = convert(known.field, raw, rank === 0)
    if (converted === undefined) continue
    ranks.set(known.field, rank)
    record[known.field] = converted
  }
  return record
}

/**
 * What stands in other places: Semantic Scholar's `externalIds`, the plain `id` of arXiv's Kaggle dump, a `date` that is
 * a year only.
 */
function hidden(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const ids = isPlainObject(value.externalIds) ? value.externalIds : {}
  const kaggle = 'authors_parsed' in value || 'update_date' in value
  return { eprint: ids.ArXiv ?? (kaggle ? value.id : undefined), DOI: ids.DOI, publicationYear: value.date }
}
