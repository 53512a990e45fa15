import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Logger } from 'pino'
import { KindredError } from '../../domain/errors.ts'
import type { Refusal } from '../../domain/metrics.ts'
import { dialectOf } from '../dialects.ts'
import { type Problem, toProblem } from '../problem.ts'
import { pathOf } from './lanes.ts'

const REASONS: Readonly<Record<Refusal, string>> = {
  connections: 'Too many connections are open.',
  pipelined: 'Too many requests of this connection are not answered yet.',
  wait: 'More requests come than can be answered.',
  questions: 'Too many questions wait to be embedded.',
  writes: 'Too many requests wait to write.',
  answers: 'Too many answers are being written.',
}

const PROBLEMS = new Map(
  Object.entries(REASONS).map(([reason, detail]) => [reason, toProblem(new KindredError('OVERLOADED', detail), '')]),
)

/** Answers OVERLOADED without any of the work that other answers cost. */
export function refuse(response: ServerResponse, reason: Refusal): void {
  sendProblem(response, PROBLEMS.get(reason) ?? toProblem(new KindredError('OVERLOADED'), ''))
}

/** Answers with a problem before the app has seen the request; it gets an id of its own. */
export function sendProblem(response: ServerResponse, unnamed: Problem): void {
  const problem = { ...unnamed, requestId: randomUUID() }
  const { status, requestId, retryAfterSeconds } = problem
  const body = JSON.stringify({ ...problem, ...dialectOf(pathOf(response.req.url))?.(problem) })
  response.writeHead(status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
    'X-Request-Id': requestId,
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

const LOG_EVERY_MS = 5_000

/** Logs how many were refused, once in a while: a line each would cost more than the refusal. */
export function createRefusalLog(log: Logger): () => void {
  let refused = 0
  const tell = (): void => {
    log.warn({ event: 'overloaded', refused, seconds: LOG_EVERY_MS / 1000 }, 'more requests came than could be taken')
    refused = 0
  }
  return () => {
    if (refused === 0) setTimeout(tell, LOG_EVERY_MS).unref()
    refused += 1
  }
}
