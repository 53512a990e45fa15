import { createRoute, z } from '@hono/zod-openapi'
import { fail } from '../../domain/errors.ts'
import { rebuildIndex } from '../../services/rebuild.ts'
import { noBody } from '../middleware/stray-body.ts'
import { NoQuery } from '../query.ts'
import { defineRoute, json, problems } from '../route.ts'

const tags = ['Operate']
const request = { query: NoQuery }
const middleware = [noBody]

const Snapshot = z.object({
  generation: z.int().meta({ description: 'The generation of the store that the index has reached.' }),
  vectors: z.int(),
})
const Rebuilt = z.object({
  embedded: z.int().meta({ description: 'Papers that had no vector of the model and were embedded.' }),
  vectors: z.int(),
})
const Backup = z.object({
  name: z.string().meta({ description: 'Of the archive, in the folder `backups` of the index.' }),
  bytes: z.int(),
  sha256: z.string().meta({ description: 'Of the whole archive, in hex.' }),
  papers: z.int(),
  generation: z.int().meta({ description: 'Of the store, at the moment that the archive holds.' }),
})
const Process = z.object({
  pid: z.int(),
  lockId: z.string().nullable().meta({ description: 'Names the lock of the index folder that it has.' }),
})

const snapshot = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/admin/snapshot',
    operationId: 'snapshotIndex',
    summary: 'Write the vector index to disk now',
    tags,
    middleware,
    request,
    responses: { 200: json(Snapshot, 'It is written and verified.'), ...problems('STORAGE_FULL') },
  }),
  async (c) => {
    const { index } = c.var.kindred.deps
    await index.snapshot()
    const { generation, vectors } = index.status()
    return c.json({ generation, vectors }, 200)
  },
)

const rebuild = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/admin/rebuild',
    operationId: 'rebuildIndex',
    summary: 'Build the vector index anew',
    description: 'Searches go on meanwhile. The answer comes when the new index is in use.',
    tags,
    middleware,
    request,
    responses: { 200: json(Rebuilt, 'It is in use.'), ...problems('STORAGE_FULL', 'EMBEDDING_FAILED') },
  }),
  async (c) => {
    const { deps } = c.var.kindred
    const { embedded } = await rebuildIndex(deps, { signal: c.req.raw.signal })
    return c.json({ embedded, vectors: deps.index.status().vectors }, 200)
  },
)

const whoami = defineRoute(
  createRoute({
    method: 'get',
    path: '/v1/admin/process',
    operationId: 'serverProcess',
    summary: 'Which process this is',
    tags,
    request,
    responses: { 200: json(Process, 'The process that answers.'), ...problems() },
  }),
  (c) => c.json({ pid: process.pid, lockId: c.var.kindred.lockId ?? null }, 200),
)

const backup = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/admin/backup',
    operationId: 'backUp',
    summary: 'Write all papers into one archive',
    description:
      'Into the folder `backups` of the index, under a name of its own; of those it made the newest stay (setting keepBackups). Reading and writing go on meanwhile. One backup at a time.',
    tags,
    middleware,
    request,
    responses: {
      200: json(Backup, 'It is whole and on the disk.'),
      ...problems('STORAGE_FULL', 'STORE_CORRUPT', 'STORE_UNREADABLE', 'OVERLOADED', 'INTERRUPTED'),
    },
  }),
  async (c) => {
    const make = c.var.kindred.backup ?? fail('NOT_FOUND')
    return c.json(await make(c.req.raw.signal), 200)
  },
)

export const adminRoutes = [snapshot, rebuild, backup, whoami]
