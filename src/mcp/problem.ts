import { type CallToolResult, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server'
import { CODES, type ErrorCode, type KindredError, toKindredError } from '../domain/errors.ts'
import type { McpContext } from './context.ts'

/** Where the remedy of the table speaks of HTTP, a model is told what it can do instead. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  INVALID_REQUEST: 'Correct the arguments listed and call again; the schema of the tool says what it takes.',
  PAPER_NOT_FOUND: 'Call search to find the id of a paper; arxiv:…, doi:… and citation keys are taken too.',
  OVERLOADED: 'Call again in a few seconds.',
  INTERRUPTED: 'Call again.',
}

interface Told {
  readonly code: ErrorCode
  readonly detail: string
  readonly remedy: string
}

const toldOf = ({ code, message, remedy }: KindredError): Told => ({
  code,
  detail: message,
  remedy: REMEDIES[code] ?? remedy,
})

/** Anything thrown, reported where no caller can mend it. After a cancellation nobody waits, and nothing is wrong. */
export function noteFault(context: McpContext, thrown: unknown, signal: AbortSignal): KindredError {
  const error = toKindredError(thrown)
  if (CODES[error.code].fault !== 'caller' && !signal.aborted) context.onFault(error)
  return error
}

/** A failed call is a result, so that the model reads it and can do better. */
export function toolProblem(error: KindredError): CallToolResult {
  const told = toldOf(error)
  const structured = error.issues.length > 0 ? { ...told, issues: [...error.issues] } : { ...told }
  return {
    isError: true,
    content: [{ type: 'text', text: `${told.code}: ${told.detail} ${told.remedy}` }],
    structuredContent: structured,
  }
}

/** The same for requests that have no other way to say so. */
export function protocolProblem(error: KindredError): ProtocolError {
  const told = toldOf(error)
  const code = CODES[error.code].fault === 'caller' ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError
  return new ProtocolError(code, `${told.code}: ${told.detail} ${told.remedy}`, told)
}
