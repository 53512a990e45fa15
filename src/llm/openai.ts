import OpenAI from 'openai'
import { fail } from '../domain/errors.ts'
import type { ChatEnd, ChatModel, ChatRequest } from '../domain/models.ts'
import { Patience } from './patience.ts'
import { upstreamError } from './problems.ts'

export interface OpenAiOptions {
  /** Without the path of a method, e.g. `http://127.0.0.1:11434/v1`. */
  readonly baseUrl: string
  readonly model: string
  readonly apiKey?: string | undefined
  /** The longest silence; ten times that is the longest answer. */
  readonly timeoutMs: number
  readonly maxTokens: number
  /** 0..2 */
  readonly temperature: number
}

type Chunk = OpenAI.ChatCompletionChunk

/** What some endpoints refuse, by the name in their error, and an answer can do without. */
const OPTIONAL: ReadonlySet<unknown> = new Set(['max_tokens', 'temperature', 'stream_options'])

const FINISH: Readonly<Record<string, ChatEnd['finish']>> = { length: 'length', content_filter: 'filter' }

/** Nothing of the environment: the settings of Kindred alone say where a question goes and by whose key. */
function createClient({ baseUrl, apiKey, timeoutMs }: OpenAiOptions): OpenAI {
  return new OpenAI({
    baseURL: baseUrl,
    // The client insists on a key; the header that it would make of none is left out.
    apiKey: apiKey ?? 'none',
    ...(apiKey === undefined && { defaultHeaders: { Authorization: null } }),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    // Patience ends requests, and whoever asks decides on trying again.
    timeout: 2 * timeoutMs,
    maxRetries: 0,
    logLevel: 'off',
  })
}

/** A model behind the chat completions of an OpenAI-compatible endpoint. */
class OpenAiChat implements ChatModel {
  readonly #options: OpenAiOptions
  readonly #client: OpenAI
  /** Parameters that the endpoint has refused. */
  readonly #refused = new Set<unknown>()

  constructor(options: OpenAiOptions) {
    this.#options = options
    this.#client = createClient(options)
  }

  get model(): string {
    return this.#options.model
  }

  async *write({ messages, maxTokens, signal }: ChatRequest): AsyncGenerator<string | ChatEnd> {
    const patience = new Patience(this.#options.timeoutMs, signal)
    const most = Math.min(this.#options.maxTokens, maxTokens ?? this.#options.maxTokens)
    try {
      const stream = await this.#open([...messages], most, patience.signal)
      yield* this.#read(stream, patience)
    } catch (thrown) {
      throw patience.reason ?? upstreamError(thrown, this.#options.apiKey)
    } finally {
      patience.end()
    }
  }

  async *#read(stream: AsyncIterable<Chunk>, patience: Patience): AsyncGenerator<string | ChatEnd> {
    let finish: ChatEnd['finish'] | null = null
    let usage: ChatEnd['usage'] = null
    for await (const chunk of stream) {
      patience.rest()
      const choice = chunk.choices?.[0]
      const text = choice?.delta?.content
      if (typeof text === 'string' && text !== '') yield text
      if (choice?.finish_reason) finish = FINISH[choice.finish_reason] ?? 'stop'
      if (chunk.usage) {
        usage = { promptTokens: chunk.usage.prompt_tokens, completionTokens: chunk.usage.completion_tokens }
      }
      patience.wait()
    }
    // To the client an aborted stream, and a connection that was closed, look like the end of an answer.
    yield { finish: finish ?? fail('UPSTREAM_FAILED', 'The answer of the language model broke off.'), usage }
  }

  /** Once more without what the endpoint refuses to be told; it is remembered. */
  async #open(messages: OpenAI.ChatCompletionMessageParam[], maxTokens: number, signal: AbortSignal) {
    for (;;) {
      try {
        return await this.#client.chat.completions.create(this.#body(messages, maxTokens), { signal })
      } catch (thrown) {
        const refused = thrown instanceof OpenAI.BadRequestError ? thrown.param : undefined
        if (!OPTIONAL.has(refused) || this.#refused.has(refused)) throw thrown
        this.#refused.add(refused)
      }
    }
  }

  #body(messages: OpenAI.ChatCompletionMessageParam[], maxTokens: number) {
    const takes = (name: string): boolean => !this.#refused.has(name)
    return {
      model: this.#options.model,
      messages,
      stream: true as const,
      ...(takes('stream_options') && { stream_options: { include_usage: true } }),
      ...(takes('temperature') && { temperature: this.#options.temperature }),
      ...(takes('max_tokens') ? { max_tokens: maxTokens } : { max_completion_tokens: maxTokens }),
    }
  }
}

/** Asks nothing until the first question. */
export const createOpenAiChat = (options: OpenAiOptions): ChatModel => new OpenAiChat(options)
