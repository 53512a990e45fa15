import { createRoute, z } from '@hono/zod-openapi'
import { LIMITS } from '../../domain/paper.ts'
import { MAX_QUERY, MAX_TEXT } from '../../domain/query.ts'
import { modelOf } from '../../services/models.ts'
import { scoreTexts, scoringModel } from '../../services/score-texts.ts'
import { NoQuery } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, readsJson } from '../route.ts'

const MAX_TEXTS = 1_000
/** So many texts of some 1,000 words each. */
const RERANK_BODY = 8 * 1024 * 1024

const Query = z.string().trim().min(1, 'must not be empty').max(MAX_QUERY)
const Text = z.string().max(MAX_TEXT)

const RerankRequest = z
  .strictObject({
    model: z.string().min(1).max(LIMITS.name).optional().meta({ description: 'The model that scores here.' }),
    query: Query,
    documents: z
      .array(z.union([Text, z.strictObject({ text: Text })], { error: 'must be a text, or an object with a text' }))
      .min(1, 'must not be empty')
      .max(MAX_TEXTS),
    top_n: z.int().min(1).optional().meta({ description: 'How many of the best to list; all where it is left out.' }),
    return_documents: z.boolean().default(false),
  })
  .meta({ id: 'RerankRequest' })

const Reranked = z
  .object({
    id: z.string().meta({ description: 'The id of the request.' }),
    model: z.string(),
    results: z.array(
      z.object({
        index: z.int(),
        relevance_score: z.number().min(0).max(1),
        document: z.object({ text: z.string() }).optional(),
      }),
    ),
  })
  .meta({ id: 'Reranked' })

const tags = ['Rerank']
const FAILURES = ['OVERLOADED', 'MODEL_UNAVAILABLE'] as const

/** Both versions of the contract read and write the same here. */
const cohere = (version: 1 | 2) =>
  defineRoute(
    createRoute({
      method: 'post',
      path: `/v${version}/rerank`,
      operationId: `rerankV${version}`,
      summary: `Order texts by how far they answer a question, as version ${version} of the Cohere API does`,
      tags,
      middleware: readsJson(RERANK_BODY),
      request: { query: NoQuery, body: jsonBody(RerankRequest) },
      responses: { 200: json(Reranked, 'The texts, best first.'), ...bodyProblems('MODEL_UNKNOWN', ...FAILURES) },
    }),
    async (c) => {
      const { deps } = c.var.kindred
      const { model: asked, query, documents, top_n, return_documents } = c.req.valid('json')
      const model = scoringModel(deps)
      if (asked !== undefined) modelOf(asked, [model])
      const texts = documents.map((document) => (typeof document === 'string' ? document : document.text))
      const scored = await scoreTexts(deps, { query, texts, name: 'documents', signal: c.req.raw.signal })
      const results = scored.slice(0, top_n).map(({ index, score }) => ({
        index,
        relevance_score: score,
        ...(return_documents && { document: { text: texts[index] ?? '' } }),
      }))
      return c.json({ id: c.var.requestId, model, results }, 200)
    },
  )

const TeiRequest = z
  .strictObject({
    query: Query,
    texts: z.array(Text).min(1, 'must not be empty').max(MAX_TEXTS),
    raw_scores: z.boolean().default(false).meta({
      description: 'The cosine similarity, or the logit of the cross-encoder, in place of a score from 0 to 1.',
    }),
    return_text: z.boolean().default(false),
    truncate: z
      .literal(true, { error: 'must be true: texts that are longer than the model reads are always cut' })
      .default(true),
    truncation_direction: z.literal('Right').default('Right'),
  })
  .meta({ id: 'TeiRerankRequest' })

const TeiRanks = z
  .array(z.object({ index: z.int(), score: z.number(), text: z.string().optional() }))
  .meta({ id: 'TeiRanks' })

const tei = defineRoute(
  createRoute({
    method: 'post',
    path: '/rerank',
    operationId: 'rerankTei',
    summary: 'Order texts by how far they answer a question, as Text Embeddings Inference does',
    tags,
    middleware: readsJson(RERANK_BODY),
    request: { query: NoQuery, body: jsonBody(TeiRequest) },
    responses: { 200: json(TeiRanks, 'The texts, best first.'), ...bodyProblems(...FAILURES) },
  }),
  async (c) => {
    const { query, texts, raw_scores, return_text } = c.req.valid('json')
    const request = { query, texts, name: 'texts', signal: c.req.raw.signal }
    const ranks = (await scoreTexts(c.var.kindred.deps, request)).map(({ index, score, raw }) => ({
      index,
      score: raw_scores ? raw : score,
      ...(return_text && { text: texts[index] ?? '' }),
    }))
    return c.json(ranks, 200)
  },
)

export const rerankRoutes = [cohere(1), cohere(2), tei]
