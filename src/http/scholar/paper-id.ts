import { z } from '@hono/zod-openapi'
import { LIMITS } from '../../domain/paper.ts'

const ARXIV_PAGE = /^URL:https?:\/\/(?:www\.)?arxiv\.org\/(?:abs|pdf)\/(.+?)(?:\.pdf)?$/i
const DOI_PAGE = /^URL:https?:\/\/(?:dx\.)?doi\.org\/(.+)$/i

/** `ARXIV:…` and `DOI:…` are ids here too, in any case; pages of both are read as what they stand for. */
function toReference(id: string): string {
  const arxivId = ARXIV_PAGE.exec(id)?.[1]
  if (arxivId !== undefined) return `arxiv:${arxivId}`
  const doi = DOI_PAGE.exec(id)?.[1]
  return doi === undefined ? id : `doi:${doi}`
}

/** An id as Semantic Scholar takes it. */
export const PaperId = z.string().trim().min(1).max(LIMITS.name).transform(toReference).openapi({
  description: 'An id of this index, `ARXIV:…`, `DOI:…`, or `URL:` and a page of arXiv or a DOI.',
  example: 'ARXIV:1706.03762',
})

export const PaperIdPath = z.strictObject({ id: PaperId })
