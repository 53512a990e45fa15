import type { Ranked } from './answer.ts'
import type { Deps } from './deps.ts'
import type { Asked } from './retrieve.ts'

const BOOST = { name: 'exact-match', value: 1 }

/**
 * Puts the paper whose title or id the question is in front, whatever the ranking thought of it: someone who types a
 * title wants that paper. A filter that leaves it out has the last word.
 */
export function exactMatchFirst(
  deps: Deps,
  { text, within }: Pick<Asked, 'text' | 'within'>,
  ranked: readonly Ranked[],
): readonly Ranked[] {
  const named = deps.store.keyByAlias(text.aliases)
  if (named === null || within?.has(named) === false) return ranked
  const found = ranked.find(({ key }) => key === named)
  const explain = found?.explain ?? { dense: null, lexical: null, fusion: null, boosts: [] }
  const first: Ranked = { key: named, score: 1, explain: { ...explain, boosts: [...explain.boosts, BOOST] } }
  return [first, ...ranked.filter(({ key }) => key !== named)]
}
