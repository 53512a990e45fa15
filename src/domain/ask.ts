import { z } from 'zod'
import { Citation, ContextRequest } from './context.ts'
import { MAX_QUERY } from './query.ts'
import { Verification } from './verify.ts'

/** Longest answer that may be asked for, in tokens. */
export const MAX_ANSWER_TOKENS = 32_000
const { filter, limit, diversity, minScore, maxTokens } = ContextRequest.shape
/** Room for the frame and some papers, however long their sentences are. */
const MIN_CONTEXT = 1_000

export const AskRequest = z
  .strictObject({
    question: z
      .string()
      .trim()
      .min(1, 'must not be empty')
      .max(MAX_QUERY)
      .meta({ example: 'How do models read very long documents?' }),
    filter,
    stream: z.boolean().default(false).meta({ description: 'Answer by server-sent events, as it is written.' }),
    extractive: z.boolean().default(false).meta({
      description: 'Answer by sentences of the papers alone, also where a language model is configured.',
    }),
    maxTokens: z.int().min(16).max(MAX_ANSWER_TOKENS).optional().meta({
      description: 'How long the answer may be, at most the setting llmMaxTokens; of sentences at least one is given.',
    }),
    contextTokens: maxTokens.unwrap().min(MIN_CONTEXT).default(4_000).meta({
      description: 'How much of the papers the model is shown, in tokens.',
    }),
    limit: limit.unwrap().default(8),
    diversity,
    minScore: minScore.unwrap().default(0),
    verify: z.boolean().default(true).meta({ description: "Check the answer's quotes against the papers at the end." }),
  })
  .meta({ id: 'AskRequest' })
export type AskRequest = z.infer<typeof AskRequest>

const { ok, quotes } = Verification.shape

const AnswerCheck = z
  .object({
    ok,
    quotes: z.object({ exact: z.int(), close: z.int(), altered: z.int(), missing: z.int() }),
    doubtful: quotes.meta({ description: 'The quotes that are altered or missing.' }),
  })
  .meta({ id: 'AnswerCheck' })
export type AnswerCheck = z.infer<typeof AnswerCheck>

/** What an answer says of itself once it is whole. */
const AnswerEnd = z
  .object({
    kind: z.enum(['written', 'extractive', 'nothing']).meta({
      description:
        'written: by a language model; extractive: sentences of the papers as they stand; nothing: no paper speaks of what was asked.',
    }),
    model: z.string().nullable().meta({ description: 'Who wrote it; null where no language model did.' }),
    prompt: z.string().nullable().meta({ description: 'The version of the prompt it was written by.' }),
    confidence: z.enum(['none', 'low', 'high']).meta({ description: 'How far the best paper can be trusted.' }),
    finish: z.enum(['stop', 'length', 'filter']).meta({
      description: 'length: cut off where its tokens ended; filter: by the endpoint of the model.',
    }),
    unknownKeys: z.array(z.string()).meta({
      description: 'What the model cited and was not shown; in the answer stands [?] for it.',
    }),
    usage: z.object({ promptTokens: z.int(), completionTokens: z.int() }).nullable(),
    verification: AnswerCheck.nullable().meta({ description: 'Null where nothing was checked.' }),
    generation: z.int(),
  })
  .meta({ id: 'AnswerEnd' })
export type AnswerEnd = z.infer<typeof AnswerEnd>

export const Answer = AnswerEnd.extend({
  answer: z.string(),
  citations: z.array(Citation).meta({ description: 'What the answer cites, in the order in which it does.' }),
}).meta({ id: 'Answer' })
export type Answer = z.infer<typeof Answer>

/** An answer as it comes: a citation stands before the first text that names its key, `done` at the end. */
export type AskEvent =
  | { readonly event: 'citation'; readonly data: Citation }
  | { readonly event: 'delta'; readonly data: { readonly text: string } }
  | { readonly event: 'done'; readonly data: AnswerEnd }
