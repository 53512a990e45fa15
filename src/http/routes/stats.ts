import { createRoute, z } from '@hono/zod-openapi'
import { Recall } from '../../domain/query.ts'
import { stats } from '../../services/stats.ts'
import { NoQuery } from '../query.ts'
import { defineRoute, json, problems } from '../route.ts'

const Kind = z.object({
  ef: z.int().meta({ description: 'Search width of the graph.' }),
  recall: Recall.nullable(),
})

const Stats = z
  .object({
    papers: z.int(),
    generation: z.int(),
    sources: z.array(z.object({ source: z.string(), papers: z.int() })).readonly(),
    model: z.object({ id: z.string(), fingerprint: z.string(), dimension: z.int() }),
    index: z.object({
      engine: z.string(),
      generation: z.int(),
      vectors: z.int(),
      inGraph: z.int().meta({ description: 'Vectors that the graph answers for; the rest is compared exactly.' }),
      ef: z.int().meta({ description: 'Search width for the neighbours of papers.' }),
      recallAt10: z.number().nullable(),
      recall: Recall.nullable().meta({
        description: 'Of the kind of query that finds less; null until it is measured.',
      }),
      recallTarget: z.number(),
      kinds: z.object({ paper: Kind, question: Kind }),
      degraded: z.array(z.string()).readonly(),
      revision: z.int().meta({
        description: 'Another number whenever graph, search widths, published recall or `degraded` are others.',
      }),
    }),
    sentences: z
      .object({ papers: z.int(), failed: z.int() })
      .meta({ description: 'Papers whose sentences are embedded, and those that were given up.' }),
    store: z.object({ schemaVersion: z.int(), bytes: z.int(), vectors: z.int() }),
  })
  .meta({ id: 'Stats' })

const get = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/stats',
    operationId: 'stats',
    summary: 'What is in the index, and what it is made with',
    tags: ['Operate'],
    request: { query: NoQuery },
    responses: { 200: json(Stats, 'Counts, model and index.'), ...problems() },
  }),
  async (c) => c.json(await stats(c.var.kindred.deps), 200),
)

export const statsRoutes = [get]
