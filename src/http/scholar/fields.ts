import { z } from '@hono/zod-openapi'
import type { Paper } from '../../domain/paper.ts'
import { commaList } from '../query.ts'

/** A paper, and its score where it was found by one. */
type Found = Paper & { readonly score?: number }

const unknown = () => null

const arxivPdf = ({ arxivId }: Found) => arxivId && { url: `https://arxiv.org/pdf/${arxivId}`, status: null }

/** What the fields of Semantic Scholar are here. What an abstract alone cannot tell, such as citations, is null. */
const PAPER_FIELDS: Record<string, (paper: Found) => unknown> = {
  paperId: ({ id }) => id,
  corpusId: unknown,
  externalIds: ({ arxivId, doi }) => ({
    ...(arxivId !== null && { ArXiv: arxivId }),
    ...(doi !== null && { DOI: doi }),
  }),
  url: ({ url }) => url,
  title: ({ title }) => title,
  abstract: ({ abstract }) => abstract || null,
  venue: ({ venue }) => venue ?? '',
  publicationVenue: unknown,
  year: ({ year }) => year,
  referenceCount: unknown,
  citationCount: unknown,
  influentialCitationCount: unknown,
  isOpenAccess: ({ arxivId }) => (arxivId === null ? null : true),
  openAccessPdf: arxivPdf,
  fieldsOfStudy: unknown,
  s2FieldsOfStudy: unknown,
  publicationTypes: unknown,
  publicationDate: ({ publishedAt }) => publishedAt,
  journal: unknown,
  citationStyles: unknown,
  citations: unknown,
  references: unknown,
  embedding: unknown,
  tldr: unknown,
  /** Ours: Semantic Scholar tells no score. */
  score: ({ score }) => score ?? null,
}

const AUTHOR_FIELDS: Record<string, (name: string) => unknown> = {
  authorId: unknown,
  name: (name) => name,
  url: unknown,
  affiliations: unknown,
  homepage: unknown,
  paperCount: unknown,
  citationCount: unknown,
  hIndex: unknown,
  externalIds: unknown,
}

/** Fields that have fields: those of papers below other papers are taken and null with the whole of them. */
const NESTED: Record<string, (field: string) => boolean> = {
  authors: (field) => Object.hasOwn(AUTHOR_FIELDS, field),
  citations: (field) => isField(field),
  references: (field) => isField(field),
  embedding: (field) => field === 'specter_v1' || field === 'specter_v2',
}

function isField(path: string): boolean {
  const dot = path.indexOf('.')
  if (dot < 0) return path === 'authors' || Object.hasOwn(PAPER_FIELDS, path)
  const [outer, inner] = [path.slice(0, dot), path.slice(dot + 1)]
  return Object.hasOwn(NESTED, outer) && NESTED[outer]?.(inner) === true
}

const MAX_FIELDS = 200
const MAX_TOLD = 200

const Fields = z
  .array(z.string())
  .min(1)
  .max(MAX_FIELDS)
  .superRefine((fields, context) => {
    const foreign = fields.filter((field) => !isField(field))
    if (foreign.length === 0) return
    const told = foreign.join(', ').slice(0, MAX_TOLD)
    context.addIssue({ code: 'custom', message: `Unrecognized or unsupported fields: [${told}]` })
  })
  .meta({ description: 'Fields of Semantic Scholar, parted by commas, and score; paperId is always there.' })

/** The parameter `fields`. */
export const fieldsParameter = commaList(Fields).default(['paperId', 'title'])

function authorsOf({ authors }: Found, fields: readonly string[]): object[] | undefined {
  const asked = fields.flatMap((field) => (field.startsWith('authors.') ? [field.slice('authors.'.length)] : []))
  if (asked.length === 0 && !fields.includes('authors')) return undefined
  const shown = new Set(['authorId', ...(fields.includes('authors') ? ['name'] : []), ...asked])
  return authors.map((name) => Object.fromEntries([...shown].map((field) => [field, AUTHOR_FIELDS[field]?.(name)])))
}

/** Which fields there are depends on the request. */
export const ScholarPaper = z
  .looseObject({ paperId: z.string() })
  .meta({ id: 'ScholarPaper', description: 'A paper with the fields that were asked for; null where it is not known.' })
type ScholarPaper = z.infer<typeof ScholarPaper>

/** A paper in the shape of Semantic Scholar, with the fields that were asked for. */
export function scholarPaper(paper: Found, fields: readonly string[]): ScholarPaper {
  const outer = new Set(fields.map((field) => field.split('.', 1)[0] ?? field))
  const shown = [...outer].flatMap((field) => {
    const read = PAPER_FIELDS[field]
    return read ? [[field, read(paper)] as const] : []
  })
  const authors = authorsOf(paper, fields)
  return { ...Object.fromEntries(shown), paperId: paper.id, ...(authors && { authors }) }
}
