/** What a paper can be filtered by, and what its values are. */
export const FILTER_FIELDS = {
  year: 'number',
  publishedAt: 'date',
  authors: 'text',
  organization: 'text',
  venue: 'text',
  categories: 'text',
  sources: 'text',
  commentCount: 'number',
  id: 'text',
  arxivId: 'text',
} as const
export type FilterField = keyof typeof FILTER_FIELDS
export const FILTER_FIELD_NAMES = Object.keys(FILTER_FIELDS) as FilterField[]
export type FilterValue = string | number

export type FilterOrder = '$gt' | '$gte' | '$lt' | '$lte'

/**
 * A filter as data, in as few forms as there are things to look up. `$ne`, `$nin` and null have become `not`, so that
 * they also hold for papers without the field: `not` is every paper that the inner filter does not match.
 */
export type Filter =
  | { readonly and: readonly Filter[] }
  | { readonly or: readonly Filter[] }
  | { readonly not: Filter }
  /** Any value of the field is one of these. */
  | { readonly field: FilterField; readonly in: readonly FilterValue[] }
  | { readonly field: FilterField; readonly exists: true }
  | { readonly field: FilterField; readonly order: FilterOrder; readonly than: FilterValue }

/** A value as it is compared: text without regard to case, an arXiv id without its version. Ids are told apart by case. */
export function comparable<Value extends FilterValue>(field: FilterField, value: Value): Value | string {
  if (typeof value !== 'string' || field === 'id') return value
  const text = value.normalize('NFKC').trim().toLowerCase()
  return field === 'arxivId' ? text.replace(/^arxiv:/, '').replace(/v\d+$/, '') : text
}

/** The filter that all of these together are; undefined where there are none. */
export function allOf(filters: readonly (Filter | undefined)[]): Filter | undefined {
  const given = filters.filter((filter) => filter !== undefined)
  return given.length > 1 ? { and: given } : given[0]
}
