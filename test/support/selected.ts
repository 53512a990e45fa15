import type { Selection } from '../../src/domain/ports.ts'

/** These papers, as a filter would select them. */
export function selected(keys: readonly number[]): Selection {
  const set = new Set(keys)
  return { filter: { and: [] }, size: set.size, has: (key) => set.has(key), keys: () => set }
}
