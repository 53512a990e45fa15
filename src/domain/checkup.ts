/** `note` is a fact worth knowing, `fault` something to mend. */
export type FindingStatus = 'ok' | 'note' | 'fault'

/** What one check of the doctor found. */
export interface Finding {
  readonly check: string
  readonly status: FindingStatus
  readonly detail: string
  /** Ids of the papers that are at fault, the first of them. */
  readonly papers?: readonly string[]
}

/** More are counted, not listed. */
const MAX_LISTED = 1_000

interface Outcome {
  readonly count: number
  /** Where nothing is wrong. */
  readonly fine: string
  /** What is wrong, and what can be done. */
  readonly wrong: string
  readonly papers?: readonly string[]
}

/** A fault where anything was counted. */
export function judged(check: string, { count, fine, wrong, papers = [] }: Outcome): Finding {
  if (count === 0) return { check, status: 'ok', detail: fine }
  return { check, status: 'fault', detail: wrong, ...(papers.length > 0 && { papers: papers.slice(0, MAX_LISTED) }) }
}
