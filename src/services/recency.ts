const DAY_MS = 86_400_000

export interface Dated {
  /** YYYY-MM-DD */
  readonly publishedAt: string | null
  readonly year: number | null
}

export interface Decay {
  readonly halfLifeDays: number
  readonly now: Date
}

/** The day of publication; of a paper with a year only, the middle of that year. */
function publication({ publishedAt, year }: Dated): number | null {
  if (publishedAt !== null) return Date.parse(`${publishedAt}T00:00:00Z`)
  return year === null ? null : Date.UTC(year, 6, 1)
}

/** 2^(−age / half-life): 1 for a paper of today or of a date to come, one half after a half-life; null without a date. */
export function decayOf(paper: Dated, { halfLifeDays, now }: Decay): number | null {
  const published = publication(paper)
  if (published === null) return null
  return 0.5 ** (Math.max(0, now.getTime() - published) / (halfLifeDays * DAY_MS))
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[sorted.length >> 1] ?? null
}

/**
 * What the score of a paper without a date is multiplied by: the median of those that have one, so that to be undated is
 * neither an advantage nor a drawback. 1 where none has a date, for then nothing is known.
 */
export const neutralFactor = (papers: readonly Dated[], decay: Decay): number =>
  median(papers.map((paper) => decayOf(paper, decay)).filter((factor) => factor !== null)) ?? 1
