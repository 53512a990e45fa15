import { candidateDepth } from './after-ranking.ts'
import { calibrated, FAMILIAR_SIMILARITY } from './calibration.ts'
import type { Deps } from './deps.ts'
import type { Found } from './found.ts'
import { type Asked, denseQueryAtOnce, type NearestPapers, retrieveDense, retrieveDenseAtOnce } from './retrieve.ts'
import { listable } from './selection.ts'

function rankNearest(deps: Deps, { within }: Asked, { neighbours, plan, vector }: NearestPapers): Found {
  const ranked = neighbours.map(({ key, similarity }, at) => ({
    key,
    score: calibrated('dense', similarity),
    explain: { dense: { rank: at + 1, similarity }, lexical: null, fusion: null, boosts: [] },
  }))
  const familiar = (neighbours[0]?.similarity ?? 0) >= FAMILIAR_SIMILARITY
  return { ranked, plan, total: listable(deps, within), vector, familiar }
}

const depthOf = ({ request }: Asked) => ({ limit: candidateDepth(request) })

export const searchDense = async (deps: Deps, asked: Asked): Promise<Found> =>
  rankNearest(deps, asked, await retrieveDense(deps, asked, depthOf(asked)))

/** Null where it takes more than to look things up. */
export function searchDenseAtOnce(deps: Deps, asked: Asked): Found | null {
  const query = denseQueryAtOnce(deps, asked, depthOf(asked))
  const near = query && retrieveDenseAtOnce(deps, query)
  return near && rankNearest(deps, asked, near)
}
