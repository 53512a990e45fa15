import type { Database } from 'better-sqlite3'
import type { FacetValue } from '../domain/facets.ts'
import type { FilterField } from '../domain/filter-tree.ts'
import type { CountScope, ValueCounts } from '../domain/ports.ts'
import type { SearchText } from './search-text.ts'

interface CountRequest {
  readonly fields: readonly FilterField[]
  /** Values a field. */
  readonly limit: number
  readonly scope: CountScope
}

/** Values that differ in case only are one; it is shown as the first of its spellings. */
const COUNT = 'SELECT min(shown) AS value, count(*) AS count FROM'
const ORDER = `GROUP BY paper_values.value ORDER BY count DESC, paper_values.value LIMIT ?`

/** Counts the values of fields over all papers, or over those of a scope. */
export function createValueCounts(db: Database, searchText: SearchText): (request: CountRequest) => ValueCounts {
  const papers = db.prepare<[], number>('SELECT count(*) FROM papers').pluck()
  const countAll = db.prepare<[string, number], FacetValue>(
    `${COUNT} paper_values WHERE field = ? AND shown IS NOT NULL ${ORDER}`,
  )
  // Without statistics SQLite would read the whole field anew for each paper of the scope.
  const countSome = db.prepare<[string, string, number], FacetValue>(
    `${COUNT} json_each(?) AS each CROSS JOIN paper_values INDEXED BY paper_values_by_paper ON paper = each.value WHERE field = ? AND shown IS NOT NULL ${ORDER}`,
  )

  function keysOf({ terms, within }: CountScope): readonly number[] | null {
    if (terms === undefined) return within ? [...within.keys()] : null
    const found = searchText.keysOf(terms)
    return within ? found.filter((key) => within.has(key)) : found
  }

  /** One transaction, so that the counts of all fields are of one generation. */
  return db.transaction(({ fields, limit, scope }: CountRequest): ValueCounts => {
    const keys = keysOf(scope)
    if (!keys) return { total: papers.get() ?? 0, values: fields.map((field) => countAll.all(field, limit)) }
    const list = JSON.stringify(keys)
    return { total: keys.length, values: fields.map((field) => countSome.all(list, field, limit)) }
  })
}
