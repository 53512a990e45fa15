import type { Hook } from '@hono/zod-openapi'
import { fail, type Issue } from '../domain/errors.ts'
import type { HttpEnv } from './context.ts'

/** A body of thousands of wrong fields needs no answer of thousands of lines. */
const MAX_ISSUES = 100
/** How many of them the detail spells out. */
const MAX_TOLD = 3
/** Names of unknown fields come from the request, as long as it likes. */
const MAX_PATH = 200

const PARTS: Readonly<Record<string, string>> = { query: 'query', param: 'path', json: 'body', header: 'header' }

interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string | undefined
  readonly keys?: readonly string[]
}

const dotted = (path: readonly PropertyKey[]): string => path.map(String).join('.').slice(0, MAX_PATH)

/** An unknown field is named by its own path, as every other field at fault is. */
function toIssues({ code, path, keys, message }: Fault): Issue[] {
  if (code !== 'unrecognized_keys' || !keys) return [{ path: dotted(path), message }]
  return keys.map((key) => ({ path: dotted([...path, key]), message: 'is not a field of this request' }))
}

/** The one hook of all routes: what does not fit its schema is INVALID_REQUEST, each field with its issue. */
export const refuseInvalid: Hook<unknown, HttpEnv, string, undefined> = (result) => {
  if (result.success) return
  const faults: readonly Fault[] = result.error.issues
  const issues = faults.flatMap(toIssues).slice(0, MAX_ISSUES)
  const told = issues.slice(0, MAX_TOLD).map(({ path, message }) => (path ? `${path}: ${message}` : message))
  fail('INVALID_REQUEST', `The ${PARTS[result.target] ?? 'request'} is not valid. ${told.join('; ')}`, { issues })
}
