import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { fail } from '../domain/errors.ts'
import { failpoint } from '../domain/failpoint.ts'
import { PaperRecord } from '../domain/paper.ts'
import type { IngestResult } from '../domain/query.ts'
import { ingest } from '../services/ingest.ts'
import type { RejectedRecord } from '../services/ingest-target.ts'
import type { HttpEnv } from './context.ts'
import { withinDeadline } from './deadline.ts'
import { mediaTypeOf } from './middleware/media-type.ts'

const JSON_TYPE = 'application/json'
const NDJSON_TYPE = 'application/x-ndjson'
export const PAPER_MEDIA_TYPES = [JSON_TYPE, NDJSON_TYPE] as const

export const INGEST_BODY = 32 * 1024 * 1024
/** A body of nothing but broken lines would make an answer many times its own size. */
const MAX_REJECTED = 10_000
/** A record with thousands of wrong numbers has a detail of as many lines. */
const MAX_DETAIL = 500
/** What `sources` of a paper says that came this way. */
const DEFAULT_SOURCE = 'api'

/**
 * The array has no zod schema, or the whole body would be parsed for it before the handler: the records are parsed one
 * by one as they arrive. That of a line is there for the documentation alone.
 */
export const papersBody = {
  required: true,
  content: {
    [JSON_TYPE]: { schema: { type: 'array' as const, items: { $ref: '#/components/schemas/PaperRecord' } } },
    [NDJSON_TYPE]: { schema: PaperRecord },
  },
}

function refuseAnnounced(c: Context<HttpEnv>): void {
  if (Number(c.req.header('content-length') ?? 0) > INGEST_BODY) tooLarge()
}

const tooLarge = () => fail('PAYLOAD_TOO_LARGE', `The body is larger than ${INGEST_BODY} bytes.`)

/**
 * Counts what really arrives: a chunked body announces no length. The deadline is for each chunk, and only while one is
 * waited for: embedding what came before may take as long as it takes.
 */
async function* limited(body: Request['body']): AsyncGenerator<Uint8Array> {
  const chunks = body?.[Symbol.asyncIterator]()
  let bytes = 0
  while (chunks) {
    const { done, value } = await withinDeadline(chunks.next())
    if (done) return
    bytes += value.byteLength
    if (bytes > INGEST_BODY) tooLarge()
    yield value
  }
}

/** Lists each refused record, as long as that is a list somebody can use. */
function collector(rejected: IngestResult['rejected']) {
  return ({ line, error }: RejectedRecord): void => {
    if (rejected.length >= MAX_REJECTED) {
      fail(
        'INVALID_REQUEST',
        `More than ${MAX_REJECTED} records are at fault, the last at line ${line}; the good ones before it went in.`,
      )
    }
    const { code, message } = error
    rejected.push({ line, code, detail: message.length > MAX_DETAIL ? `${message.slice(0, MAX_DETAIL)}…` : message })
  }
}

/** Where the papers of a body come from, for who hands on what a file holds. */
export const IngestQuery = z.strictObject({
  source: z
    .string()
    .min(1)
    .max(1_000)
    .default(DEFAULT_SOURCE)
    .meta({ description: 'Named in `sources` of the papers, e.g. the file they stand in.' }),
  run: z.uuid().optional().meta({ description: 'The same for all requests that one file is sent in.' }),
})

/** Takes in the papers of the request's body while it arrives. */
export async function ingestBody(c: Context<HttpEnv>, query: z.output<typeof IngestQuery>): Promise<IngestResult> {
  refuseAnnounced(c)
  const { deps, readBody } = c.var.kindred
  const { body, signal } = c.req.raw
  const kind = mediaTypeOf(c.req.header('content-type')) === NDJSON_TYPE ? 'ndjson' : 'json'
  const items = readBody(limited(body), kind, query.source)
  const { run = randomUUID() } = query
  const rejected: IngestResult['rejected'] = []
  try {
    const report = await ingest(deps, items, { run, signal, onRejected: collector(rejected) })
    failpoint('ingest-before-ack')
    const { added, updated, unchanged, embedded } = report
    return { added, updated, unchanged, embedded, rejected }
  } catch (cause) {
    if (signal.aborted) fail('INTERRUPTED', 'The body broke off; what was written before is kept.', { cause })
    throw cause
  }
}
