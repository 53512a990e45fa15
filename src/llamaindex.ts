import type { MessageContent } from '@llamaindex/core/llms'
import type { QueryType } from '@llamaindex/core/query-engine'
import { BaseRetriever } from '@llamaindex/core/retriever'
import { type NodeWithScore, TextNode } from '@llamaindex/core/schema'
import {
  createRetrieval,
  type PaperMetadata,
  type PlaceOfPapers,
  type RetrievalOptions,
} from './retrievers/retrieve.ts'

export type { PaperMetadata } from './retrievers/retrieve.ts'

interface Cancelling {
  readonly signal?: AbortSignal | undefined
}

/** `signal` cancels every retrieval. */
export type KindredRetrieverFields = PlaceOfPapers & RetrievalOptions & Cancelling

const textOf = (query: MessageContent): string =>
  typeof query === 'string' ? query : query.map((part) => (part.type === 'text' ? part.text : '')).join(' ')

/** Papers of Kindred as nodes of LlamaIndex.TS: `new KindredRetriever({ url: 'http://127.0.0.1:8787', k: 5 })`. */
export class KindredRetriever extends BaseRetriever {
  readonly #fields: KindredRetrieverFields
  readonly #retrieve: ReturnType<typeof createRetrieval>

  constructor(fields: KindredRetrieverFields) {
    super()
    this.#fields = fields
    this.#retrieve = createRetrieval(fields, fields)
  }

  /** Throws KindredError. */
  override async _retrieve({ query }: { readonly query: MessageContent }): Promise<NodeWithScore<PaperMetadata>[]> {
    const papers = await this.#retrieve(textOf(query), this.#fields.signal)
    return papers.map(({ text, metadata }) => ({
      node: new TextNode({ id_: metadata.id, text, metadata }),
      score: metadata.score,
    }))
  }

  /** The base class hands on the question alone, so one with a signal of its own has a retriever of its own. */
  override async retrieve(question: QueryType, { signal }: Cancelling = {}): Promise<NodeWithScore[]> {
    if (!signal) return super.retrieve(question)
    const both = this.#fields.signal ? AbortSignal.any([this.#fields.signal, signal]) : signal
    return new KindredRetriever({ ...this.#fields, signal: both }).retrieve(question)
  }
}
