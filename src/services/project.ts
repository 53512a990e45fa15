import type { Hit, List, ProjectedList } from '../domain/query.ts'

const ALWAYS: readonly string[] = ['id', 'rank']

/** Leaves out of each hit what was not asked for; everything stays where nothing was. */
export function projectHits(list: List, fields: readonly string[] | undefined): ProjectedList {
  if (!fields) return list
  const wanted = new Set([...ALWAYS, ...fields])
  const data = list.data.map((hit) => {
    const shown: Partial<Hit> = Object.fromEntries(Object.entries(hit).filter(([name]) => wanted.has(name)))
    return { ...shown, id: hit.id, rank: hit.rank }
  })
  return { ...list, data }
}
