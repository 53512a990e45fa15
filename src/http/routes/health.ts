import { createRoute, z } from '@hono/zod-openapi'
import { fail, KindredError } from '../../domain/errors.ts'
import type { PaperStore, StoreStats } from '../../domain/ports.ts'
import { NoQuery } from '../query.ts'
import { defineRoute, json, problems } from '../route.ts'

const tags = ['Operate']

const Ready = z.object({
  status: z.literal('ready'),
  papers: z.int(),
  generation: z.int(),
  degraded: z
    .array(z.string())
    .readonly()
    .meta({ description: 'What is missing right now; answers are whole all the same.' }),
})

/** A store that cannot even count its papers is not there; whatever the reason, a supervisor must see a 503. */
async function readStats(store: PaperStore): Promise<StoreStats> {
  try {
    return await store.stats()
  } catch (cause) {
    throw cause instanceof KindredError ? cause : new KindredError('STORE_UNREADABLE', undefined, { cause })
  }
}

const healthz = defineRoute(
  createRoute({
    method: 'get',
    path: '/healthz',
    operationId: 'healthz',
    summary: 'Whether the process lives',
    tags,
    request: { query: NoQuery },
    responses: { 200: json(z.object({ status: z.literal('ok') }), 'It does.'), ...problems() },
  }),
  (c) => c.json({ status: 'ok' as const }, 200),
)

const readyz = defineRoute(
  createRoute({
    method: 'get',
    path: '/readyz',
    operationId: 'readyz',
    summary: 'Whether searches can be answered',
    tags,
    request: { query: NoQuery },
    responses: { 200: json(Ready, 'They can.'), ...problems('STORE_UNREADABLE', 'INDEX_STALE') },
  }),
  async (c) => {
    const { store, index } = c.var.kindred.deps
    const { papers, generation, missing } = await readStats(store)
    // Searches never see a paper without a vector of the model; an answer without all papers would look complete.
    if (missing > 0) fail('INDEX_STALE', `${missing} papers have no vector of the configured model.`)
    return c.json({ status: 'ready' as const, papers, generation, degraded: index.status().degraded }, 200)
  },
)

export const healthRoutes = [healthz, readyz]
