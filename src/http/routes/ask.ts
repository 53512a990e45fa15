import { createRoute, z } from '@hono/zod-openapi'
import { Answer, AskRequest } from '../../domain/ask.ts'
import { answerQuestion, openAnswer } from '../../services/ask/ask.ts'
import { eventStream } from '../event-stream.ts'
import { NoQuery } from '../query.ts'
import { bodyProblems, defineRoute, jsonBody, readsJson } from '../route.ts'

const post = defineRoute(
  createRoute({
    method: 'post',
    path: '/v1/ask',
    operationId: 'ask',
    summary: 'Answer a question from the papers, with citations',
    description:
      'A language model writes the answer where one is configured, and cites only what it was shown; else the answer is ' +
      'made of sentences of the papers. Where no paper speaks of what was asked, the answer says so and no model is asked.',
    tags: ['Feed an assistant'],
    middleware: readsJson(),
    request: { query: NoQuery, body: jsonBody(AskRequest) },
    responses: {
      200: {
        description: 'The answer; with `stream` the same as it is written.',
        content: {
          'application/json': { schema: Answer },
          'text/event-stream': {
            schema: z.string().meta({
              description:
                'Events, each with JSON: `citation` (a Citation, before the first text that names its key), `delta` ' +
                '({text}), at the end `done` (an Answer without answer and citations) or `error` (a Problem). Comments ' +
                'keep the connection alive.',
            }),
          },
        },
      },
      ...bodyProblems('UPSTREAM_FAILED', 'UPSTREAM_TIMEOUT', 'OVERLOADED'),
    },
  }),
  async (c) => {
    const request = c.req.valid('json')
    const { deps } = c.var.kindred
    // Aborted when the client leaves, also in the middle of the answer.
    const { signal } = c.req.raw
    if (!request.stream) return c.json(await answerQuestion(deps, request, signal), 200)
    return eventStream(c, await openAnswer(deps, request, signal))
  },
)

export const askRoutes = [post]
