import { z } from 'zod'

/** Bounds of a record, in UTF-16 code units where it is text. Longer ones are refused, never cut. */
export const LIMITS = {
  id: 200,
  title: 2_000,
  abstract: 100_000,
  name: 500,
  url: 2_000,
  authors: 10_000,
  categories: 100,
  embedding: 8_192,
} as const

const DATE = /^\d{4}-\d{2}-\d{2}$/

function isCalendarDate(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`)
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}

/** A day of the proleptic Gregorian calendar, `YYYY-MM-DD`. */
export const CalendarDate = z
  .string()
  .regex(DATE, 'must be a date as YYYY-MM-DD')
  .refine(isCalendarDate, 'is not a day of the calendar')

/** arXiv identifier without its version: `1706.03762` or `cs/0112017`. */
const ArxivId = z
  .string()
  .trim()
  .regex(/^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Za-z-]+)?\/\d{7})(v\d+)?$/, 'is not an arXiv id such as 1706.03762')
  .transform((id) => id.replace(/v\d+$/, ''))

/** DOI without a resolver in front, in lower case (DOIs are case-insensitive). */
const Doi = z
  .string()
  .trim()
  .max(LIMITS.name)
  .transform((doi) => doi.replace(/^(https?:\/\/(dx\.)?doi\.org\/|doi:)/i, '').toLowerCase())
  .refine((doi) => /^10\.\d{4,9}\/\S+$/.test(doi), 'is not a DOI such as 10.1000/xyz123')

const Organization = z.strictObject({
  /** The account name on the listing, e.g. `apple`. */
  handle: z.string().min(1).max(LIMITS.name),
  name: z.string().min(1).max(LIMITS.name),
})

/** A paper as Kindred keeps and shows it. */
export const Paper = z
  .object({
    id: z
      .string()
      .meta({ description: 'Stable for the same paper across ingests.', example: 'attention-is-all-you-need-7c2f4e' }),
    title: z.string(),
    abstract: z.string().meta({ description: 'As the source gave it, with its LaTeX; may be empty.' }),
    authors: z.array(z.string()),
    authorCount: z.int().nullable(),
    organization: Organization.nullable(),
    publishedAt: z.string().nullable().meta({ description: 'YYYY-MM-DD', example: '2017-06-12' }),
    dateInferred: z.boolean().meta({ description: 'The source gave no year; it was inferred.' }),
    year: z.int().nullable(),
    commentCount: z.int().nullable(),
    venue: z.string().nullable(),
    categories: z.array(z.string()),
    arxivId: z.string().nullable(),
    doi: z.string().nullable(),
    url: z.string().nullable(),
    sources: z.array(z.string()).meta({ description: 'The files (or api) that the paper came from.' }),
    addedAt: z.string().meta({ description: 'ISO 8601, UTC' }),
    updatedAt: z.string().meta({ description: 'ISO 8601, UTC' }),
  })
  .meta({ id: 'Paper' })
export type Paper = z.infer<typeof Paper>

const noControls = (text: string): boolean => !/\p{Cc}/u.test(text)
const name = z.string().trim().min(1).max(LIMITS.name)
const count = z.int().min(0).max(1_000_000)

/** A paper as a source or a client hands it in. Absent, null and empty mean "not known". Unknown fields are refused. */
export const PaperRecord = z
  .strictObject({
    id: z.string().trim().min(1).max(LIMITS.id).refine(noControls, 'holds control characters').nullish(),
    title: z.string().trim().min(1, 'must not be empty').max(LIMITS.title),
    abstract: z.string().trim().max(LIMITS.abstract).nullish(),
    authors: z.array(name).max(LIMITS.authors).nullish(),
    authorCount: count.nullish(),
    organization: Organization.nullish(),
    publishedAt: CalendarDate.nullish(),
    dateInferred: z.boolean().nullish(),
    year: z.int().min(1000).max(9999).nullish(),
    commentCount: count.nullish(),
    venue: name.nullish(),
    categories: z.array(name).max(LIMITS.categories).nullish(),
    arxivId: ArxivId.nullish(),
    doi: Doi.nullish(),
    url: z
      .string()
      .trim()
      .max(LIMITS.url)
      .regex(/^[Hh][Tt][Tt][Pp][Ss]?:\/\//, 'must start with http:// or https://')
      .nullish(),
    sources: z.array(name).max(1_000).nullish(),
    addedAt: z.iso.datetime().nullish(),
    updatedAt: z.iso.datetime().nullish(),
    /** The vector of title and abstract, made by `embeddingModel` (a model id or a full fingerprint). */
    embedding: z.array(z.number()).min(1).max(LIMITS.embedding).nullish(),
    embeddingModel: z.string().trim().min(1).max(LIMITS.name).nullish(),
  })
  .meta({ id: 'PaperRecord' })
export type PaperRecord = z.infer<typeof PaperRecord>
