import type { Database } from 'better-sqlite3'
import type { Filter } from '../domain/filter-tree.ts'
import type { Selection } from '../domain/ports.ts'
import type { Generations } from './generation.ts'
import { KeySet } from './key-set.ts'

/** Selections kept, an eighth of a byte a paper each: pages and facets of one question ask for the same. */
const MAX_KEPT = 64

/** Finds the papers of a filter: an index look-up for each condition, joined as sets of bits. */
export function createSelections(db: Database, generations: Generations): (filter: Filter) => Selection {
  const highest = db.prepare<[], number>('SELECT coalesce(max(key), 0) FROM papers').pluck()
  const everyKey = db.prepare<[], number>('SELECT key FROM papers').pluck()
  const lookUp = (comparison: '=' | '>' | '>=' | '<' | '<=') =>
    db
      .prepare<[string, string | number], number>(
        `SELECT paper FROM paper_values WHERE field = ? AND value ${comparison} ?`,
      )
      .pluck()
  const equal = lookUp('=')
  const ordered = { $gt: lookUp('>'), $gte: lookUp('>='), $lt: lookUp('<'), $lte: lookUp('<=') }
  const present = db.prepare<[string], number>('SELECT paper FROM paper_values WHERE field = ?').pluck()

  /** A set of its own each time, so that it may be changed. */
  function find(filter: Filter, all: KeySet): KeySet {
    if ('and' in filter)
      return filter.and.reduce((set, each) => set.intersect(find(each, all)), all.sibling().unite(all))
    if ('or' in filter) return filter.or.reduce((set, each) => set.unite(find(each, all)), all.sibling())
    if ('not' in filter) return all.sibling().unite(all).subtract(find(filter.not, all))
    const { field } = filter
    if ('exists' in filter) return all.sibling(present.all(field))
    if ('order' in filter) return all.sibling(ordered[filter.order].all(field, filter.than))
    return all.sibling(filter.in.flatMap((value) => equal.all(field, value)))
  }

  let generation = -1
  let all = new KeySet(0)
  const kept = new Map<string, Selection>()

  function follow(): void {
    if (generations.current() === generation) return
    generation = generations.current()
    all = new KeySet(highest.get() ?? 0, everyKey.all())
    kept.clear()
  }

  function select(filter: Filter): Selection {
    const set = find(filter, all)
    return { filter, size: set.count(), has: (key) => set.has(key), keys: () => set.keys() }
  }

  /** One transaction, so that every condition is looked up in the same generation. */
  const lookUpAll = db.transaction((name: string, filter: Filter): Selection => {
    follow()
    return kept.get(name) ?? select(filter)
  })

  return (filter) => {
    const name = JSON.stringify(filter)
    const known = generations.lately() === generation ? kept.get(name) : undefined
    const selection = known ?? lookUpAll(name, filter)
    // The one asked for last stands last, so the first one is the one to forget.
    kept.delete(name)
    kept.set(name, selection)
    for (const oldest of kept.keys()) {
      if (kept.size <= MAX_KEPT) break
      kept.delete(oldest)
    }
    return selection
  }
}
