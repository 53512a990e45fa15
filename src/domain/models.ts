/** A question and a passage may need different prefixes, so the model is told which it reads. */
export type EmbedKind = 'query' | 'passage'

export interface Embedder {
  /** The model's id, e.g. `Xenova/all-MiniLM-L6-v2`. */
  readonly model: string
  /** Names everything that shapes a vector. Vectors of different fingerprints are never compared. */
  readonly fingerprint: string
  readonly dimension: number
  /** Whether the model knows the word as such, in lower case: one that it knows is hardly a misspelling. */
  readonly isWord?: ((word: string) => boolean) | undefined
  /** One unit vector (L2 norm 1) a text, in order. Throws EMBEDDING_FAILED, INTERRUPTED. */
  embed(texts: readonly string[], kind: EmbedKind, signal?: AbortSignal): Promise<Float32Array[]>
  /** The vector of a question that was asked lately, at once; undefined where it has to be embedded. */
  readonly vectorAtOnce?: ((question: string) => Float32Array | undefined) | undefined
  /** How many tokens the model reads of each text, with its prefix and special tokens. Throws as `embed` does. */
  countTokens(texts: readonly string[], kind: EmbedKind, signal?: AbortSignal): Promise<number[]>
  close(): Promise<void>
}

/** Reads a question and a passage together (a cross-encoder): slower than vectors, and closer to the text. */
export interface Reranker {
  /** The model's id; of a folder its name. */
  readonly model: string
  /**
   * How far each passage answers the question, 0..1, in the order of the passages, which are also read in that order.
   * Not calibrated: comparable within one model, better for an order than as a chance. An aborted signal ends the wait
   * at once. Throws OVERLOADED (too much waits already), EMBEDDING_FAILED, MODEL_UNAVAILABLE, INTERRUPTED.
   */
  score(query: string, passages: readonly string[], signal?: AbortSignal): Promise<number[]>
  close(): Promise<void>
}

export interface ChatMessage {
  readonly role: 'system' | 'user'
  readonly content: string
}

export interface ChatRequest {
  readonly messages: readonly ChatMessage[]
  /** Longest answer; never more than the model is configured for. */
  readonly maxTokens?: number | undefined
  /** Ends the request, also at the endpoint, at once. */
  readonly signal?: AbortSignal | undefined
}

/** How an answer ended, and what it cost where the endpoint says so. */
export interface ChatEnd {
  readonly finish: 'stop' | 'length' | 'filter'
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number } | null
}

/** A language model that continues a conversation. */
export interface ChatModel {
  readonly model: string
  /**
   * The answer piece by piece, then its end, once and last. Whoever stops reading ends the request. Throws
   * UPSTREAM_FAILED, UPSTREAM_TIMEOUT, OVERLOADED (with the time to wait), INTERRUPTED where the signal is aborted.
   */
  write(request: ChatRequest): AsyncIterable<string | ChatEnd>
}
