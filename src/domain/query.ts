import { z } from 'zod'
import { Paper } from './paper.ts'

/** Longest question, in UTF-16 code units; a whole abstract fits. */
const MAX_QUERY = 4_000
/** Longest pasted text for "papers like this". */
export const MAX_TEXT = 100_000
const MAX_LIMIT = 100
export const MAX_OFFSET = 10_000
export const MAX_EF = 1_000

export const SearchMode = z.enum(['hybrid', 'dense', 'lexical'])
export type SearchMode = z.infer<typeof SearchMode>

/** What every route that returns a List takes. */
const page = {
  limit: z.int().min(1).max(MAX_LIMIT).default(10).meta({ description: 'How many hits.' }),
  offset: z.int().min(0).max(MAX_OFFSET).default(0).meta({ description: 'How many hits to pass over first.' }),
  exact: z.boolean().default(false).meta({ description: 'Compare with every vector instead of walking the graph.' }),
  ef: z
    .int()
    .min(1)
    .max(MAX_EF)
    .optional()
    .meta({ description: 'Search width of the graph (HNSW ef): wider finds more.' }),
  explain: z.boolean().default(false).meta({ description: 'Say how each hit came about.' }),
}

export const SearchRequest = z
  .strictObject({
    query: z.string().trim().min(1, 'must not be empty').max(MAX_QUERY).meta({ example: 'long-context attention' }),
    mode: SearchMode.default('hybrid'),
    ...page,
  })
  .meta({ id: 'SearchRequest' })
export type SearchRequest = z.infer<typeof SearchRequest>

export const SimilarRequest = z.strictObject({ id: z.string().min(1), ...page })
export type SimilarRequest = z.infer<typeof SimilarRequest>

/** A pasted text: `text`, or `abstract` with or without its `title`. */
export const SimilarTextRequest = z
  .strictObject({
    text: z.string().trim().min(1).max(MAX_TEXT).optional(),
    title: z.string().trim().min(1).max(2_000).optional(),
    abstract: z.string().trim().min(1).max(MAX_TEXT).optional(),
    ...page,
  })
  .refine((body) => (body.text === undefined) !== (body.abstract === undefined), {
    message: 'give either text, or abstract (with or without title)',
  })
  .refine((body) => body.text === undefined || body.title === undefined, {
    message: 'title goes with abstract',
    path: ['title'],
  })
  .meta({ id: 'SimilarTextRequest' })
export type SimilarTextRequest = z.infer<typeof SimilarTextRequest>

const Explanation = z
  .object({
    dense: z.object({ rank: z.int(), similarity: z.number() }).nullable(),
    lexical: z.object({ rank: z.int(), bm25: z.number(), terms: z.array(z.string()) }).nullable(),
    fusion: z
      .number()
      .nullable()
      .meta({ description: 'The fused value that the order stands on; null where nothing was fused.' }),
    boosts: z.array(z.object({ name: z.string(), value: z.number() })),
  })
  .meta({ id: 'Explanation' })
export type Explanation = z.infer<typeof Explanation>

const Evidence = z.object({ text: z.string(), start: z.int(), end: z.int(), score: z.number() })

/** A paper in an answer. */
export const Hit = Paper.extend({
  rank: z.int().min(1),
  score: z.number().min(0).max(1),
  evidence: Evidence.nullable(),
  explain: Explanation.optional(),
}).meta({ id: 'Hit' })
export type Hit = z.infer<typeof Hit>

export const Plan = z.enum(['ann', 'ann-filtered', 'exact'])
export type Plan = z.infer<typeof Plan>

/** What answered, and how far it can be trusted. */
export const IndexReport = z.object({
  generation: z.int().meta({ description: 'Grows by one with every write; an answer is of one generation.' }),
  engine: z.string(),
  plan: Plan,
  recallAt10: z.number().nullable(),
  degraded: z.array(z.string()).meta({ description: 'What is missing right now, e.g. graph-rebuilding.' }),
})
export type IndexReport = z.infer<typeof IndexReport>

export const List = z
  .object({
    data: z.array(Hit),
    total: z.int().meta({ description: 'How many papers the request could list.' }),
    offset: z.int(),
    next: z.int().nullable().meta({ description: 'The offset of the next page, null at the end.' }),
    tookMs: z.number(),
    index: IndexReport,
  })
  .meta({ id: 'List' })
export type List = z.infer<typeof List>

export const SortKey = z.enum(['addedAt', 'publishedAt', 'title'])
export type SortKey = z.infer<typeof SortKey>

export const ListPapersRequest = z.strictObject({
  cursor: z.string().max(4_000).optional(),
  limit: z.int().min(1).max(MAX_LIMIT).default(20),
  sort: SortKey.default('addedAt'),
})
export type ListPapersRequest = z.infer<typeof ListPapersRequest>

export const PaperPage = z
  .object({ data: z.array(Paper), nextCursor: z.string().nullable(), total: z.int() })
  .meta({ id: 'PaperPage' })
export type PaperPage = z.infer<typeof PaperPage>

/** One record that did not go in. `line` counts from 1 in its file or body. */
const Rejection = z.object({ line: z.int(), code: z.string(), detail: z.string() })

export const IngestResult = z
  .object({ added: z.int(), updated: z.int(), unchanged: z.int(), rejected: z.array(Rejection) })
  .meta({ id: 'IngestResult' })
export type IngestResult = z.infer<typeof IngestResult>
