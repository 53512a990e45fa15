import type { Problem } from './problem.ts'

/** The members that clients of a foreign contract read an error from. */
export type Dialect = (problem: Problem) => Record<string, unknown>

const openAi: Dialect = ({ code, detail, issues, status }) => ({
  error: {
    message: detail,
    type: status >= 500 ? 'server_error' : 'invalid_request_error',
    param: issues?.[0]?.path ?? null,
    code: code === 'MODEL_UNKNOWN' ? 'model_not_found' : code,
  },
})

const cohere: Dialect = ({ detail }) => ({ message: detail })

/** The error types of Text Embeddings Inference. */
function teiType({ code, status }: Problem): string {
  if (code === 'OVERLOADED') return 'Overloaded'
  if (status < 500) return 'Validation'
  return status === 503 ? 'Unhealthy' : 'Backend'
}

const tei: Dialect = (problem) => ({ error: problem.detail, error_type: teiType(problem) })

/** The codes that Dify fixes; others are our own text with the status as its number. */
function difyCode({ code, issues, status }: Problem): number {
  if (issues?.some(({ path }) => path === 'authorization')) return 1001
  if (code === 'FORBIDDEN') return 1002
  return code === 'KNOWLEDGE_UNKNOWN' ? 2001 : status
}

const dify: Dialect = (problem) => ({ error_code: difyCode(problem), error_msg: problem.detail })

/** `message` is where its clients look from 500 on. */
const scholar: Dialect = ({ detail, issues = [] }) => {
  const told = issues.map(({ path, message }) => (path === 'fields' || path === '' ? message : `${path}: ${message}`))
  return { error: told.join('; ') || detail, message: detail }
}

/** Which contract a path belongs to, by its beginning. */
const DIALECTS: readonly (readonly [beginning: string, dialect: Dialect])[] = [
  ['/v1/embeddings', openAi],
  ['/v1/models', openAi],
  ['/v1/rerank', cohere],
  ['/v2/rerank', cohere],
  ['/rerank', tei],
  ['/retrieval', dify],
  ['/graph/', scholar],
  ['/recommendations/', scholar],
]

/**
 * How errors of a path are told beside the problem: as extension members (RFC 9457, 3.2), so that one body serves the
 * clients of the contract and everyone else. It goes by the path, because a request can be refused before it has a route.
 */
export const dialectOf = (path: string): Dialect | undefined =>
  DIALECTS.find(([beginning]) => path.startsWith(beginning))?.[1]
