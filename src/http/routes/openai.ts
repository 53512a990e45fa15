import { createRoute, z } from '@hono/zod-openapi'
import { fail } from '../../domain/errors.ts'
import { LIMITS } from '../../domain/paper.ts'
import { MAX_TEXT } from '../../domain/query.ts'
import { embedTexts } from '../../services/embed-texts.ts'
import { modelIds, modelOf } from '../../services/models.ts'
import { NoQuery } from '../query.ts'
import { bodyProblems, defineRoute, json, jsonBody, problems, readsJson } from '../route.ts'

const MAX_INPUTS = 2_048
/** So many inputs of some 2,000 words each. */
const EMBEDDINGS_BODY = 32 * 1024 * 1024

const Text = z
  .string({ error: 'must be a text: token ids belong to the vocabulary of another model' })
  .min(1, 'must not be empty')
  .max(MAX_TEXT, `must be at most ${MAX_TEXT} characters long`)
const Input = z
  .pipe(
    z.transform((input: unknown) => (typeof input === 'string' ? [input] : input)),
    z
      .array(Text, { error: 'must be a text or a list of texts' })
      .min(1, 'must not be empty')
      .max(MAX_INPUTS, `takes at most ${MAX_INPUTS} texts`),
  )
  .openapi({
    type: ['string', 'array'],
    description: `A text, or up to ${MAX_INPUTS} texts.`,
    example: 'long-context attention',
  })

const EmbeddingsRequest = z
  .strictObject({
    input: Input,
    model: z.string().min(1).max(LIMITS.name).meta({ example: 'all-MiniLM-L6-v2' }),
    encoding_format: z.enum(['float', 'base64']).default('float'),
    dimensions: z.int().optional().meta({ description: 'Must be the dimension of the model.' }),
    user: z.string().max(LIMITS.name).optional().meta({ description: 'Taken and not used.' }),
    input_type: z.enum(['passage', 'document', 'query']).default('passage').meta({
      description: 'Whether the texts are read as papers or as questions; models with prefixes tell them apart.',
    }),
  })
  .meta({ id: 'EmbeddingsRequest' })

const Embeddings = z
  .object({
    object: z.literal('list'),
    data: z.array(
      z.object({
        object: z.literal('embedding'),
        index: z.int(),
        embedding: z.union([z.array(z.number()), z.string()]).meta({
          description: 'A unit vector; in base64 its 32-bit floats, little-endian.',
        }),
      }),
    ),
    model: z.string(),
    usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }).meta({
      description: 'Tokens that the model read; a longer text is cut.',
    }),
  })
  .meta({ id: 'Embeddings' })

const Model = z
  .object({ id: z.string(), object: z.literal('model'), created: z.literal(0), owned_by: z.literal('kindred') })
  .meta({ id: 'Model' })
const toModel = (id: string) => ({ id, object: 'model', created: 0, owned_by: 'kindred' }) as const

const tags = ['OpenAI']

const base64 = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')

function refuseDimensions(asked: number | undefined, dimension: number): void {
  if (asked === undefined || asked === dimension) return
  const message = `must be ${dimension}, which the model has`
  fail('INVALID_REQUEST', `dimensions ${message}.`, { issues: [{ path: 'dimensions', message }] })
}

const embeddings = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/embeddings',
    operationId: 'createEmbeddings',
    summary: 'Vectors of texts, as clients of OpenAI ask for them',
    tags,
    middleware: readsJson(EMBEDDINGS_BODY),
    request: { query: NoQuery, body: jsonBody(EmbeddingsRequest) },
    responses: { 200: json(Embeddings, 'One vector a text, in order.'), ...bodyProblems('MODEL_UNKNOWN') },
  }),
  async (c) => {
    const { deps } = c.var.kindred
    const { input, model, encoding_format, dimensions, input_type } = c.req.valid('json')
    const id = modelOf(model, [deps.embedder.model])
    refuseDimensions(dimensions, deps.embedder.dimension)
    const kind = input_type === 'query' ? 'query' : 'passage'
    const { vectors, tokens } = await embedTexts(deps, { texts: input, kind, signal: c.req.raw.signal })
    const data = vectors.map((vector, index) => ({
      object: 'embedding' as const,
      index,
      embedding: encoding_format === 'base64' ? base64(vector) : [...vector],
    }))
    const usage = { prompt_tokens: tokens, total_tokens: tokens }
    return c.json({ object: 'list' as const, data, model: id, usage }, 200)
  },
)

const list = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/models',
    operationId: 'listModels',
    summary: 'The models that run here',
    tags,
    request: { query: NoQuery },
    responses: {
      200: json(z.object({ object: z.literal('list'), data: z.array(Model) }), 'The embedder, and the cross-encoder.'),
      ...problems(),
    },
  }),
  (c) => c.json({ object: 'list' as const, data: modelIds(c.var.kindred.deps).map(toModel) }, 200),
)

const get = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/models/{id}',
    operationId: 'getModel',
    summary: 'One model that runs here',
    tags,
    request: { params: z.strictObject({ id: z.string().min(1).max(LIMITS.name) }), query: NoQuery },
    responses: { 200: json(Model, 'The model, by the name it has here.'), ...problems('MODEL_UNKNOWN') },
  }),
  (c) => c.json(toModel(modelOf(c.req.valid('param').id, modelIds(c.var.kindred.deps))), 200),
)

export const openAiRoutes = [embeddings, list, get]
