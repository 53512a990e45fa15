import { z } from 'zod'
import { CslItem } from '../domain/bibliography.ts'
import { CODES, type ErrorCode, fail, KindredError } from '../domain/errors.ts'
import { Hit } from '../domain/query.ts'
import { interrupted, type Library } from './library.ts'

const Problem = z.object({
  code: z.enum(Object.keys(CODES) as ErrorCode[]),
  detail: z.string(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
})
const Hits = z.object({ data: z.array(Hit) })

/** Where a server is. */
export interface Address {
  /** E.g. `http://127.0.0.1:8787`; may have a path, of a proxy. */
  readonly url: string
  /** Sent with every request, as a proxy may ask for them. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

interface Call<Schema extends z.ZodType> {
  readonly path: string
  readonly body: object
  readonly answer: Schema
  readonly signal: AbortSignal | undefined
}

const stranger = (url: string): never => fail('SERVER_UNREACHABLE', `What answers at ${url} is no server of Kindred.`)

function failWith(url: string, content: unknown): never {
  const problem = Problem.safeParse(content).data
  if (!problem) return stranger(url)
  throw new KindredError(problem.code, problem.detail, { issues: problem.issues })
}

async function post<Schema extends z.ZodType>(
  { url, headers }: Address,
  { path, body, answer, signal }: Call<Schema>,
): Promise<z.output<Schema>> {
  const target = URL.canParse(url)
    ? new URL(path, url.endsWith('/') ? url : `${url}/`)
    : fail('INVALID_REQUEST', `"${url}" is not a URL such as http://127.0.0.1:8787.`)
  try {
    const response = await fetch(target, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    })
    const content: unknown = await response.json()
    return response.ok ? (answer.safeParse(content).data ?? stranger(url)) : failWith(url, content)
  } catch (error) {
    if (error instanceof KindredError) throw error
    if (signal?.aborted) return interrupted(signal.reason)
    if (error instanceof SyntaxError) return stranger(url)
    return fail('SERVER_UNREACHABLE', `No server answers at ${url}.`, { cause: error })
  }
}

/**
 * The papers of a running server. Throws what the server answers, with the same codes as in one process, and
 * SERVER_UNREACHABLE.
 */
export const servedLibrary = (address: Address): Library => ({
  search: async (question, signal) =>
    (await post(address, { path: 'v1/search', body: question, answer: Hits, signal })).data,
  citationKeys: async (ids, signal) => {
    const path = 'v1/papers/batch?format=csl-json'
    const items = await post(address, { path, body: { ids }, answer: z.array(CslItem), signal })
    return new Map(items.map(({ id, custom }) => [custom.id, id]))
  },
})
