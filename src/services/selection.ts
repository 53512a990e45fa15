import type { Filter } from '../domain/filter.ts'
import type { Selection } from '../domain/ports.ts'
import type { Deps } from './deps.ts'

interface Filtered {
  readonly filter?: Filter | undefined
}

/** The papers that a request may list; undefined where it has no filter. The store keeps it, so it may be asked again. */
export async function selectionOf(deps: Deps, { filter }: Filtered): Promise<Selection | undefined> {
  return filter && deps.store.matching(filter)
}

/** How many papers a request could list by their vectors. */
export const listable = (deps: Deps, within: Selection | undefined): number =>
  within?.size ?? deps.index.status().vectors
