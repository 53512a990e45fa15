import { createRoute } from '@hono/zod-openapi'
import { IngestResult } from '../../domain/query.ts'
import { removePaper } from '../../services/papers.ts'
import { INGEST_BODY, IngestQuery, ingestBody, PAPER_MEDIA_TYPES, papersBody } from '../ingest-body.ts'
import { mediaType } from '../middleware/media-type.ts'
import { PaperPath } from '../paper-path.ts'
import { NoQuery } from '../query.ts'
import { bodyProblems, defineRoute, json, problems } from '../route.ts'

const tags = ['Papers']

const post = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/papers',
    operationId: 'addPapers',
    summary: 'Add or update papers',
    description:
      `A JSON array, or NDJSON with one paper a line; at most ${INGEST_BODY / 1024 / 1024} MiB. What the answer counts is ` +
      'durable and searchable. Records at fault are listed in `rejected` and hold up no other. A request that fails ' +
      'half-way keeps what it had written; sending it again is harmless.',
    tags,
    middleware: [mediaType(...PAPER_MEDIA_TYPES)],
    request: { query: IngestQuery, body: papersBody },
    responses: {
      200: json(IngestResult, 'What became of the records.'),
      ...bodyProblems('STORAGE_FULL', 'OVERLOADED'),
    },
  }),
  async (c) => c.json(await ingestBody(c, c.req.valid('query')), 200),
)

const remove = defineRoute(
  createRoute({
    method: 'delete',
    path: '/v1/papers/{id}',
    operationId: 'removePaper',
    summary: 'Remove a paper from every answer',
    tags,
    request: { params: PaperPath, query: NoQuery },
    responses: { 204: { description: 'It is gone.' }, ...problems('PAPER_NOT_FOUND', 'STORAGE_FULL') },
  }),
  async (c) => {
    await removePaper(c.var.kindred.deps, c.req.valid('param').id)
    return c.body(null, 204)
  },
)

export const writePaperRoutes = [post, remove]
