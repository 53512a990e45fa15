import type { Paper } from '../../domain/paper.ts'

/** A paper with the key that texts cite it by. */
export interface Cited {
  readonly paper: Paper
  readonly key: string
}

const MEETING =
  /\b(conference|proceedings|proc|symposium|workshop|meeting|neurips|nips|iclr|icml|cvpr|iccv|eccv|acl|emnlp|naacl|eacl|coling|aaai|ijcai|aistats|colt|uai|kdd|sigir|interspeech|icassp)\b/i

/** What a paper appeared in. Sources name a venue and not its kind, so the name tells. */
export function publicationOf({ venue }: Paper): 'journal' | 'proceedings' | 'preprint' {
  if (venue === null) return 'preprint'
  return MEETING.test(venue) ? 'proceedings' : 'journal'
}

/** Where it can be read: its own address, or that of its preprint. */
export const addressOf = ({ url, arxivId }: Paper): string | null =>
  url ?? (arxivId === null ? null : `https://arxiv.org/abs/${arxivId}`)

/** Year, month and day as far as they are known and were not inferred. */
export function dateParts({ publishedAt, dateInferred, year }: Paper): number[] {
  const parts = publishedAt === null || dateInferred ? [] : publishedAt.split('-').map(Number)
  if (year === null || parts[0] === year) return parts
  return [year]
}
