import type { Plan } from '../domain/query.ts'
import type { AnswerParts, Ranked } from './answer.ts'
import { confidenceOf } from './calibration.ts'
import type { Deps } from './deps.ts'
import { exactMatchFirst } from './exact-match.ts'
import type { Asked } from './retrieve.ts'

/** What a mode found. */
export interface Found {
  readonly plan: Plan
  readonly total: number
  /** Best first, from rank 1 on. */
  readonly ranked: readonly Ranked[]
  /** The question's vector, where the mode needed one. */
  readonly vector?: Float32Array
  /** Whether any paper speaks of what was asked. */
  readonly familiar: boolean
}

/** What of an answer follows from a ranking. */
type Page = Pick<
  AnswerParts,
  'ranked' | 'total' | 'offset' | 'startedAt' | 'plan' | 'vector' | 'minScore' | 'confidence'
>

interface Ordered {
  readonly found: Found
  /** What was found, in the order it is shown in. */
  readonly weighed: readonly Ranked[]
  /** `performance.now()` when the request came in. */
  readonly startedAt: number
}

/** The page that is asked for. */
export function pageFound(deps: Deps, asked: Asked, { found, weighed, startedAt }: Ordered): Page {
  const { mode, without, offset, limit, minScore } = asked.request
  // Last of all, because neither age nor variety moves the paper that was asked for by its name.
  const byName = mode === 'hybrid' && !without?.includes('exact-match')
  const ranked = byName ? exactMatchFirst(deps, asked, weighed) : weighed
  return {
    ranked: ranked.slice(offset, offset + limit),
    total: found.total - (found.ranked.length - weighed.length),
    offset,
    startedAt,
    plan: found.plan,
    vector: found.vector,
    minScore,
    confidence: confidenceOf(found.familiar || ranked !== weighed, ranked[0]?.score ?? 0),
  }
}
