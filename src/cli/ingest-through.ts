import type { Kindred } from '../compose.ts'
import { CODES, type ErrorCode, KindredError } from '../domain/errors.ts'
import { IngestResult } from '../domain/query.ts'
import { ingestInto } from '../services/ingest.ts'
import type { IngestTarget, WriteOptions, Written } from '../services/ingest-target.ts'
import type { Candidate } from '../services/prepare-batch.ts'
import type { IngestPlace } from './run-ingest.ts'
import { type LiveServer, modelOf } from './server-client.ts'

/** Well below what the server takes in one body. */
const MAX_BODY = 8 * 1024 * 1024

/** The server takes several batches of its own from each request at a time. */
const BATCH = 64

/** Records that go in one request: of one source, in their order. */
interface Shipment {
  readonly source: string
  readonly records: Candidate[]
  content: string
}

function shipments(records: readonly Candidate[]): Shipment[] {
  const all: Shipment[] = []
  for (const entry of records) {
    const line = `${JSON.stringify(entry.record)}\n`
    const last = all.at(-1)
    if (last && last.source === entry.source && last.content.length + line.length <= MAX_BODY) {
      last.records.push(entry)
      last.content += line
    } else all.push({ source: entry.source, records: [entry], content: line })
  }
  return all
}

const isCode = (code: string): code is ErrorCode => Object.hasOwn(CODES, code)

function refusedOf({ records }: Shipment, rejected: IngestResult['rejected']): Written['refused'] {
  return rejected.flatMap(({ line, code, detail }) => {
    const record = records[line - 1]
    const error = new KindredError(isCode(code) ? code : 'INTERNAL', detail)
    return record ? [{ source: record.source, line: record.line, error }] : []
  })
}

async function ship(server: LiveServer, shipment: Shipment, { run, signal }: WriteOptions): Promise<Written> {
  const query = new URLSearchParams({ source: shipment.source, run })
  const body = { type: 'application/x-ndjson', content: shipment.content }
  const answer = await server.call({ method: 'POST', path: `/v1/papers?${query}`, body, signal })
  const { rejected, ...counts } = IngestResult.parse(answer)
  return { ...counts, refused: refusedOf(shipment, rejected) }
}

const sum = (one: Written, other: Written): Written => ({
  added: one.added + other.added,
  updated: one.updated + other.updated,
  unchanged: one.unchanged + other.unchanged,
  embedded: one.embedded + other.embedded,
  refused: [...one.refused, ...other.refused],
})

function targetOf(server: LiveServer, model: IngestTarget['model']): IngestTarget {
  return {
    model,
    batch: BATCH,
    underWay: 1,
    write: async (records, options) => {
      let written: Written = { added: 0, updated: 0, unchanged: 0, embedded: 0, refused: [] }
      for (const shipment of shipments(records)) written = sum(written, await ship(server, shipment, options))
      return written
    },
  }
}

/** An ingest whose files are read and checked here and whose papers go to a server, batch by batch. */
export async function placeThrough(
  server: LiveServer,
  readSources: Kindred['readSources'],
  model: string,
): Promise<IngestPlace> {
  const target = targetOf(server, await modelOf(server, model))
  return { readSources, ingest: (items, options) => ingestInto(target, items, options) }
}
