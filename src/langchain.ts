import { Document } from '@langchain/core/documents'
import { BaseRetriever, type BaseRetrieverInput } from '@langchain/core/retrievers'
import type { RunnableConfig } from '@langchain/core/runnables'
import {
  createRetrieval,
  type PaperMetadata,
  type PlaceOfPapers,
  type RetrievalOptions,
} from './retrievers/retrieve.ts'

export type { PaperMetadata } from './retrievers/retrieve.ts'

export type KindredRetrieverFields = PlaceOfPapers &
  RetrievalOptions &
  BaseRetrieverInput & {
    /** Cancels every retrieval; `invoke(question, { signal })` one. */
    readonly signal?: AbortSignal | undefined
  }

/** Papers of Kindred as documents of LangChain.js: `new KindredRetriever({ url: 'http://127.0.0.1:8787', k: 5 })`. */
export class KindredRetriever extends BaseRetriever<PaperMetadata> {
  static override lc_name() {
    return 'KindredRetriever'
  }
  override lc_namespace = ['kindred', 'retrievers']
  readonly #fields: KindredRetrieverFields
  readonly #retrieve: ReturnType<typeof createRetrieval>

  constructor(fields: KindredRetrieverFields) {
    super(fields)
    this.#fields = fields
    this.#retrieve = createRetrieval(fields, fields)
  }

  /** Throws KindredError. */
  override async _getRelevantDocuments(query: string): Promise<Document<PaperMetadata>[]> {
    const papers = await this.#retrieve(query, this.#fields.signal)
    return papers.map(({ text, metadata }) => new Document({ pageContent: text, metadata, id: metadata.id }))
  }

  /** The base class keeps the signal of a call to itself, so a call with one has a retriever of its own. */
  override async invoke(query: string, options?: RunnableConfig): Promise<Document<PaperMetadata>[]> {
    const { signal, ...rest } = options ?? {}
    if (!signal) return super.invoke(query, rest)
    const both = this.#fields.signal ? AbortSignal.any([this.#fields.signal, signal]) : signal
    return new KindredRetriever({ ...this.#fields, signal: both }).invoke(query, rest)
  }
}
