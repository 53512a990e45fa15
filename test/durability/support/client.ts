import { createHash } from 'node:crypto'
import { z } from 'zod'
import { List } from '../../../src/domain/query.ts'

export interface Draft {
  readonly id: string
  readonly title: string
  readonly abstract: string
}

const Papers = z.array(z.looseObject({ id: z.string(), title: z.string(), abstract: z.string() }).nullable())
const AT_ONCE = 500
const TYPE = { 'Content-Type': 'application/json' }

/** SHA-256 of what a paper says. */
export const contentHash = ({ title, abstract }: Omit<Draft, 'id'>): string =>
  createHash('sha256')
    .update(JSON.stringify([title, abstract]))
    .digest('hex')

export const postJson = (url: string, path: string, body: unknown): Promise<Response> =>
  fetch(`${url}${path}`, { method: 'POST', headers: TYPE, body: JSON.stringify(body) })

/** Sends papers; the status of the answer, and 0 where none came. */
export async function send(url: string, papers: readonly Draft[]): Promise<number> {
  return settle(postJson(url, '/v1/papers', papers))
}

export async function drop(url: string, id: string): Promise<number> {
  return settle(fetch(`${url}/v1/papers/${id}`, { method: 'DELETE' }))
}

/** An answer counts as one only when all of it arrived. */
async function settle(request: Promise<Response>): Promise<number> {
  try {
    const response = await request
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}

/** The content hash of each paper, null for those that are not there. */
export async function hashesOf(url: string, ids: readonly string[]): Promise<Map<string, string | null>> {
  const found = new Map<string, string | null>()
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const some = ids.slice(from, from + AT_ONCE)
    const response = await postJson(url, '/v1/papers/batch', { ids: some })
    const papers = Papers.parse(await response.json())
    some.forEach((id, at) => {
      const paper = papers[at]
      found.set(id, paper ? contentHash(paper) : null)
    })
  }
  return found
}

/** The papers nearest to a text by meaning. */
export async function nearest(url: string, { title, abstract }: Omit<Draft, 'id'>, limit = 10): Promise<List> {
  const response = await postJson(url, '/v1/similar', { title, abstract, limit })
  if (!response.ok) throw new Error(`/v1/similar answered ${response.status}: ${await response.text()}`)
  return List.parse(await response.json())
}

const Ready = z.object({ status: z.string(), papers: z.int(), degraded: z.array(z.string()) })

export async function readiness(url: string): Promise<z.infer<typeof Ready>> {
  return Ready.parse(await (await fetch(`${url}/readyz`)).json())
}

/** Waits until no part is missing: the graph is built. */
export async function whole(url: string): Promise<void> {
  while ((await readiness(url)).degraded.length > 0) await new Promise((resolve) => setImmediate(resolve))
}
