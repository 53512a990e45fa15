import { z } from 'zod'
import { Filter } from './filter.ts'
import { MAX_QUERY } from './query.ts'

const MAX_PAPERS = 100
const MAX_BUDGET = 200_000

export const ContextStyle = z.enum(['markdown', 'xml', 'json'])
export type ContextStyle = z.infer<typeof ContextStyle>

/** Vocabularies of byte-pair encoding: that of GPT-4o and later, and that of GPT-4. */
export const TokenizerName = z.enum(['o200k', 'cl100k'])
export type TokenizerName = z.infer<typeof TokenizerName>

const ids = z.array(z.string().min(1)).min(1).max(MAX_PAPERS)

export const ContextRequest = z
  .strictObject({
    query: z.string().trim().min(1, 'must not be empty').max(MAX_QUERY).optional(),
    ids: ids.optional().meta({
      description:
        'The papers to pack, in this order, instead of those that a search finds; `query` then chooses their sentences.',
    }),
    maxTokens: z.int().min(1).max(MAX_BUDGET).default(2_000).meta({ description: 'What the whole context may cost.' }),
    style: ContextStyle.default('markdown'),
    tokenizer: TokenizerName.default('o200k').meta({ description: 'What the tokens are counted with.' }),
    filter: Filter.optional(),
    limit: z.int().min(1).max(MAX_PAPERS).default(12).meta({ description: 'How many papers a search gives at most.' }),
    diversity: z.number().min(0).max(1).default(0.1).meta({
      description: 'Maximal marginal relevance: 0 takes the best, more takes those that differ from each other.',
    }),
    minScore: z.number().min(0).max(1).default(0.1).meta({ description: 'Leave out papers with a lower score.' }),
  })
  .refine(({ query, ids }) => query !== undefined || ids !== undefined, { message: 'give a query, or ids' })
  .refine(({ ids, filter }) => ids === undefined || filter === undefined, {
    message: 'bounds a search; it does not go with ids',
    path: ['filter'],
  })
  .meta({ id: 'ContextRequest' })
export type ContextRequest = z.infer<typeof ContextRequest>

export const ContextFlag = z.enum([
  'delimiter',
  'exfiltration',
  'hidden-latex',
  'instruction',
  'invisible',
  'link',
  'role',
  'to-model',
  'tool-call',
])
export type ContextFlag = z.infer<typeof ContextFlag>

const ContextEvidence = z.object({
  text: z.string().meta({ description: 'As it stands in the context.' }),
  start: z.int().meta({ description: 'Where it stands in the abstract as it was given, in UTF-16 code units.' }),
  end: z.int(),
  score: z.number().meta({ description: 'How near it is to the question: the cosine similarity, below 0 as 0.' }),
})
export type ContextEvidence = z.infer<typeof ContextEvidence>

export const Citation = z
  .object({
    key: z
      .string()
      .meta({ description: 'What to cite the paper by; it stays that of this paper.', example: 'vaswani2017' }),
    id: z.string(),
    title: z.string(),
    url: z.string().nullable(),
    evidence: z.array(ContextEvidence),
    whole: z.boolean().meta({ description: 'The context holds the whole abstract.' }),
    score: z
      .number()
      .nullable()
      .meta({ description: 'That of the search; null where the paper was asked for by its id.' }),
    provenance: z.array(z.object({ source: z.string(), recordHash: z.string() })),
    flags: z.array(ContextFlag).meta({
      description: 'What in the paper looks like an attack on a model that reads it. A sign, not a verdict.',
    }),
  })
  .meta({ id: 'Citation' })
export type Citation = z.infer<typeof Citation>

const OmissionReason = z.enum(['budget', 'limit', 'low-score', 'near-duplicate'])
export type OmissionReason = z.infer<typeof OmissionReason>

export const Omitted = z.object({
  id: z.string(),
  title: z.string(),
  reason: OmissionReason,
  of: z.string().optional().meta({ description: 'The id of the paper that says nearly the same.' }),
})
export type Omitted = z.infer<typeof Omitted>

export const Context = z
  .object({
    context: z.string(),
    tokenCount: z.int().meta({ description: 'Of the whole context; never above maxTokens.' }),
    tokenizer: TokenizerName,
    citations: z.array(Citation),
    omitted: z.array(Omitted).meta({ description: 'The first of the papers that were looked at and left out.' }),
    omittedTotal: z.int(),
    confidence: z.enum(['none', 'low', 'high']).optional().meta({
      description: 'How far the best paper of a search can be trusted; none: no paper speaks of what was asked.',
    }),
    generation: z.int().meta({ description: 'The same request of the same generation gives the same bytes.' }),
  })
  .meta({ id: 'Context' })
export type Context = z.infer<typeof Context>
