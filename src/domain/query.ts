import { z } from 'zod'
import { Filter } from './filter.ts'
import { Paper } from './paper.ts'

/** Longest question, in UTF-16 code units; a whole abstract fits. */
export const MAX_QUERY = 4_000
/** Longest pasted text for "papers like this". */
export const MAX_TEXT = 100_000
const MAX_LIMIT = 100
export const MAX_OFFSET = 10_000
export const MAX_EF = 1_000
const MAX_HALF_LIFE_DAYS = 36_500

export const SearchMode = z.enum(['hybrid', 'dense', 'lexical'])
export type SearchMode = z.infer<typeof SearchMode>

/** `Hit` is declared below, so its fields are looked up when a request is read. */
const HitField = z.string().refine((name) => Object.hasOwn(Hit.shape, name), {
  error: () => `must be one of ${Object.keys(Hit.shape).join(', ')}`,
})
const MAX_FIELDS = 50
const HitFields = z
  .array(HitField)
  .min(1)
  .max(MAX_FIELDS)
  .meta({ description: 'What the hits shall hold; `id` and `rank` are always there. Everything where it is left out.' })

/** What every route that returns a List takes. */
export const page = {
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
  filter: Filter.optional(),
  fields: HitFields.optional(),
  minScore: z.number().min(0).max(1).optional().meta({ description: 'Leave out hits with a lower score.' }),
  diversity: z.number().min(0).max(1).optional().meta({
    description:
      'Maximal marginal relevance: 0 keeps the order, 1 asks only that each hit differs from those above it.',
  }),
  recencyHalfLifeDays: z.number().min(1).max(MAX_HALF_LIFE_DAYS).optional().meta({
    description: 'Scores halve with every so many days of age; a paper without a date is taken to be of average age.',
  }),
  collapse: z
    .boolean()
    .optional()
    .meta({ description: 'Show one paper of those that say nearly the same; its explanation names the others.' }),
}

/** Stages of hybrid search that a request can do without. */
export const Stage = z.enum(['lexical', 'sentences', 'titles', 'exact-match', 'rerank'])
export type Stage = z.infer<typeof Stage>

export const SearchRequest = z
  .strictObject({
    query: z.string().trim().min(1, 'must not be empty').max(MAX_QUERY).meta({ example: 'long-context attention' }),
    mode: SearchMode.default('hybrid'),
    without: z
      .array(Stage)
      .max(Stage.options.length)
      .optional()
      .meta({ description: 'Stages of hybrid search to leave out.' }),
    ...page,
  })
  .meta({ id: 'SearchRequest' })
export type SearchRequest = z.infer<typeof SearchRequest>

export const SimilarMode = z.enum(['dense', 'hybrid'])
export type SimilarMode = z.infer<typeof SimilarMode>
const similarMode = SimilarMode.optional().meta({
  description: 'By meaning alone (dense, the default and fastest), or by meaning and the words they share (hybrid).',
})

export const SimilarRequest = z.strictObject({ id: z.string().min(1), mode: similarMode, ...page })
export type SimilarRequest = z.infer<typeof SimilarRequest>

/** A pasted text: `text`, or `abstract` with or without its `title`. */
export const SimilarTextRequest = z
  .strictObject({
    text: z.string().trim().min(1).max(MAX_TEXT).optional(),
    title: z.string().trim().min(1).max(2_000).optional(),
    abstract: z.string().trim().min(1).max(MAX_TEXT).optional(),
    mode: similarMode,
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

const Range = z.tuple([z.int(), z.int()])
const Highlights = z
  .object({ title: z.array(Range), abstract: z.array(Range) })
  .meta({ description: 'Where words of the question stand, as [start, end) in UTF-16 code units.' })

const Explanation = z
  .object({
    dense: z.object({ rank: z.int(), similarity: z.number() }).nullable(),
    lexical: z.object({ rank: z.int(), bm25: z.number(), terms: z.array(z.string()) }).nullable(),
    fusion: z
      .number()
      .nullable()
      .meta({ description: 'The fused value that the order stands on; null where nothing was fused.' }),
    boosts: z.array(z.object({ name: z.string(), value: z.number() })),
    rerank: z.object({ score: z.number() }).nullable().optional().meta({
      description:
        'Relevance by the cross-encoder, 0 to 1, which the order of the first hits stands on; null where it did not read this one. Only where one is configured.',
    }),
    highlights: Highlights.optional(),
    nearestSeed: z.union([z.string(), z.int()]).optional().meta({
      description:
        'Which of the positives the hit is most like: the id of a paper, or the index of a text in positive.',
    }),
    collapsed: z.array(z.string()).optional().meta({
      description: 'Ids of the papers that say nearly the same and are not shown beside it.',
    }),
  })
  .meta({ id: 'Explanation' })
export type Explanation = z.infer<typeof Explanation>

/** The offsets are UTF-16 code units of `abstract`; `score` is the cosine similarity. */
const Evidence = z.object({ text: z.string(), start: z.int(), end: z.int(), score: z.number() }).meta({
  description: 'The sentence of the abstract that is nearest to the question; null where none is embedded (yet).',
})

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

export const Recall = z
  .object({
    at10: z.number(),
    low: z.number(),
    high: z.number(),
    sample: z.int().meta({ description: 'How many queries were compared with exact search.' }),
    of: z.enum(['queries', 'vectors']).meta({
      description: 'Whether queries that were asked were compared, or, until there are enough, some made of vectors.',
    }),
  })
  .meta({ id: 'Recall', description: 'Mean recall@10 with its 95 % interval.' })

/** What answered, and how far it can be trusted. */
export const IndexReport = z.object({
  generation: z.int().meta({ description: 'Grows by one with every write; an answer is of one generation.' }),
  engine: z.string(),
  plan: Plan,
  recallAt10: z
    .number()
    .nullable()
    .meta({ description: 'Share of the exact ten nearest that the graph finds, as measured; null until it is.' }),
  recall: Recall.nullable(),
  degraded: z.array(z.string()).meta({
    description:
      'What is missing right now, e.g. graph-rebuilding; rerank where this answer had to do without the cross-encoder.',
  }),
})
export type IndexReport = z.infer<typeof IndexReport>

export const List = z
  .object({
    data: z.array(Hit),
    total: z.int().meta({ description: 'How many papers the request could list.' }),
    offset: z.int(),
    next: z.int().nullable().meta({ description: 'The offset of the next page, null at the end.' }),
    tookMs: z.number(),
    confidence: z.enum(['none', 'low', 'high']).optional().meta({
      description: 'How far the best hit of a search can be trusted; none: no paper speaks of what was asked.',
    }),
    index: IndexReport,
  })
  .meta({ id: 'List' })
export type List = z.infer<typeof List>

/** A List whose hits hold only what `fields` asked for, besides `id` and `rank`. */
export const ProjectedList = List.extend({ data: z.array(Hit.partial().required({ id: true, rank: true })) }).meta({
  id: 'ProjectedList',
})
export type ProjectedList = z.infer<typeof ProjectedList>
/** What the routes answer: whole hits, or where `fields` was given those. */
export const Listed = z.union([List, ProjectedList])

export const SuggestRequest = z.strictObject({
  q: z.string().trim().min(1, 'must not be empty').max(MAX_QUERY).meta({ example: 'graph att' }),
  limit: z.int().min(1).max(MAX_LIMIT).default(10),
})
export type SuggestRequest = z.infer<typeof SuggestRequest>

export const Suggestions = z
  .object({ data: z.array(Paper.pick({ id: true, title: true, year: true })), tookMs: z.number() })
  .meta({ id: 'Suggestions' })
export type Suggestions = z.infer<typeof Suggestions>

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
  .object({
    added: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    embedded: z.int().meta({ description: 'Texts that went through the model.' }),
    rejected: z.array(Rejection),
  })
  .meta({ id: 'IngestResult' })
export type IngestResult = z.infer<typeof IngestResult>
