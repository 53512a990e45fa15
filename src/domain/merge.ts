import { generatedId } from './identity.ts'
import type { Paper, PaperRecord } from './paper.ts'

/** Where and when a record was read. */
export interface Reading {
  readonly source: string
  /** ISO 8601, UTC. */
  readonly now: string
}

/** The year of the first version is written in new-style arXiv ids: `1706.03762` is of 2017. */
function arxivYear(arxivId: string | null): number | null {
  const digits = arxivId && /^(\d{2})\d{2}\./.exec(arxivId)?.[1]
  return digits ? 2000 + Number(digits) : null
}

function linkOf(paper: { arxivId: string | null; doi: string | null }): string | null {
  if (paper.arxivId) return `https://arxiv.org/abs/${paper.arxivId}`
  return paper.doi ? `https://doi.org/${paper.doi}` : null
}

const filled = <T>(list: readonly T[] | null | undefined): readonly T[] | null => (list?.length ? list : null)

interface Dating {
  readonly publishedAt: string | null
  readonly dateInferred: boolean
  readonly year: number | null
}

/** A date that was read beats one that was inferred, whichever came last. */
function dating(record: PaperRecord, known: Paper | null, arxivId: string | null): Dating {
  const inferred = record.dateInferred ?? false
  const keep = known?.publishedAt && (!record.publishedAt || (inferred && !known.dateInferred))
  const publishedAt = keep ? known.publishedAt : (record.publishedAt ?? null)
  const ofDate = publishedAt ? Number(publishedAt.slice(0, 4)) : null
  return {
    publishedAt,
    dateInferred: publishedAt !== null && (keep ? known.dateInferred : inferred),
    year: record.year ?? ofDate ?? known?.year ?? arxivYear(arxivId),
  }
}

function sourcesOf(record: PaperRecord, known: Paper | null, source: string): string[] {
  const said = filled(record.sources) ?? [source]
  return [...new Set([...(known?.sources ?? []), ...said])]
}

type Descriptive = Pick<
  Paper,
  'authors' | 'authorCount' | 'organization' | 'commentCount' | 'venue' | 'categories' | 'arxivId' | 'doi'
>

function describe(record: PaperRecord, known: Paper | null): Descriptive {
  const authors = filled(record.authors) ?? known?.authors ?? []
  return {
    authors: [...authors],
    authorCount: record.authorCount ?? filled(record.authors)?.length ?? known?.authorCount ?? null,
    organization: record.organization ?? known?.organization ?? null,
    commentCount: record.commentCount ?? known?.commentCount ?? null,
    venue: record.venue ?? known?.venue ?? null,
    categories: [...(filled(record.categories) ?? known?.categories ?? [])],
    arxivId: record.arxivId ?? known?.arxivId ?? null,
    doi: record.doi ?? known?.doi ?? null,
  }
}

/**
 * The paper that a record makes of what is known: what the record says wins, what it does not say stays.
 * The id and the day it was added never change.
 */
export function mergeRecord(record: PaperRecord, known: Paper | null, reading: Reading): Paper {
  const described = describe(record, known)
  return {
    id: known?.id ?? record.id ?? generatedId(record.title),
    title: record.title,
    abstract: record.abstract || known?.abstract || '',
    ...described,
    ...dating(record, known, described.arxivId),
    url: record.url ?? known?.url ?? linkOf(described),
    sources: sourcesOf(record, known, reading.source),
    addedAt: known?.addedAt ?? record.addedAt ?? reading.now,
    updatedAt: known === null ? (record.updatedAt ?? reading.now) : reading.now,
  }
}
