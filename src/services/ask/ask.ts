import type { Answer, AnswerEnd, AskEvent, AskRequest } from '../../domain/ask.ts'
import type { Citation, Context } from '../../domain/context.ts'
import { fail } from '../../domain/errors.ts'
import type { ChatEnd, ChatModel } from '../../domain/models.ts'
import { MAX_TEXT } from '../../domain/query.ts'
import { buildContext } from '../context/build-context.ts'
import { tokenCounter } from '../context/tokens.ts'
import type { Deps } from '../deps.ts'
import { extract } from './extract.ts'
import { CitationGuard } from './guard.ts'
import { PROMPT_VERSION, promptOf } from './prompt.ts'
import { Transcript } from './transcript.ts'

const NOTHING = 'Nothing in this library speaks of that.'
/** An endpoint that never ends is left here. */
const MAX_LENGTH = MAX_TEXT / 2
const DEFAULT_EXTRACT = 800

interface Asked {
  readonly request: AskRequest
  readonly context: Context
  readonly signal?: AbortSignal | undefined
}

/** What is the same for every answer from this context. */
const endOf = ({ confidence = 'low', generation }: Context): Omit<AnswerEnd, 'kind'> => ({
  model: null,
  prompt: null,
  confidence,
  finish: 'stop',
  unknownKeys: [],
  usage: null,
  verification: null,
  generation,
})

async function* nothing(context: Context): AsyncGenerator<AskEvent> {
  yield { event: 'delta', data: { text: NOTHING } }
  yield { event: 'done', data: { ...endOf(context), kind: 'nothing', confidence: 'none' } }
}

async function* extracted(deps: Deps, { request, context }: Asked): AsyncGenerator<AskEvent> {
  const { maxTokens = DEFAULT_EXTRACT, verify } = request
  const count = await tokenCounter('o200k')
  const transcript = new Transcript(context.citations)
  const extracts = extract(context.citations, (texts) => count(texts.join(' ')) <= maxTokens)
  for (const [at, { key, text }] of extracts.entries()) {
    yield* transcript.tell({ text: `${at === 0 ? '' : '\n\n'}“${text}” [${key}]`, keys: [key] })
  }
  const verification = verify ? await transcript.check(deps) : null
  yield { event: 'done', data: { ...endOf(context), kind: 'extractive', verification } }
}

/** Throws UPSTREAM_FAILED where the model said nothing. */
function refuseSilence({ text }: Transcript, { finish }: ChatEnd): void {
  if (text.trim() !== '') return
  const why = finish === 'length' ? ' before its tokens (llmMaxTokens) were used up' : ''
  fail('UPSTREAM_FAILED', `The language model wrote nothing${why}.`)
}

async function* written(deps: Deps, chat: ChatModel, asked: Asked): AsyncGenerator<AskEvent> {
  const { request, context, signal } = asked
  const { question, maxTokens, verify } = request
  const guard = new CitationGuard(context.citations.map(({ key }) => key))
  const transcript = new Transcript(context.citations)
  let end: ChatEnd = { finish: 'length', usage: null }
  for await (const part of chat.write({
    messages: promptOf({ question, context: context.context }),
    maxTokens,
    signal,
  })) {
    if (typeof part === 'string') yield* transcript.tell(guard.push(part))
    else end = part
    if (transcript.text.length > MAX_LENGTH) break
  }
  yield* transcript.tell(guard.end())
  refuseSilence(transcript, end)
  const verification = verify ? await transcript.check(deps) : null
  const { model } = chat
  const told = { ...endOf(context), ...end, model, prompt: PROMPT_VERSION, unknownKeys: [...guard.unknown] }
  yield { event: 'done', data: { ...told, kind: 'written', verification } }
}

/**
 * Searches, and gives the answer as it comes: written by the language model where one is configured, else made of
 * sentences of the papers. No model is asked where no paper speaks of what was asked. The search is done when this
 * resolves; reading on throws what a ChatModel throws.
 */
export async function openAnswer(
  deps: Deps,
  request: AskRequest,
  signal?: AbortSignal,
): Promise<AsyncGenerator<AskEvent>> {
  const { question: query, contextTokens: maxTokens, filter, limit, diversity, minScore } = request
  const selection = { query, maxTokens, filter, limit, diversity, minScore }
  const context = await buildContext(deps, { ...selection, style: 'markdown', tokenizer: 'o200k' })
  if (context.confidence === 'none' || context.citations.length === 0) return nothing(context)
  const asked = { request, context, signal }
  return deps.chat && !request.extractive ? written(deps, deps.chat, asked) : extracted(deps, asked)
}

/** The same as a whole. Throws what a ChatModel throws. */
export async function answerQuestion(deps: Deps, request: AskRequest, signal?: AbortSignal): Promise<Answer> {
  const citations: Citation[] = []
  let answer = ''
  let end: AnswerEnd | undefined
  for await (const { event, data } of await openAnswer(deps, request, signal)) {
    if (event === 'citation') citations.push(data)
    else if (event === 'delta') answer += data.text
    else end = data
  }
  return end ? { answer, citations, ...end } : fail('INTERNAL')
}
