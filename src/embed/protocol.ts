import type { ErrorCode } from '../domain/errors.ts'
import type { Dtype, Pooling } from './presets.ts'

/** What runs the network: our own kernels, or onnxruntime. */
export type Engine = 'native' | 'onnxruntime'

/** What a worker needs to load an embedding model that lies complete in a folder. */
export interface LoadRequest {
  readonly type: 'load'
  readonly folder: string
  readonly dtype: Dtype
  readonly pooling: Pooling
  readonly maxTokens: number
  readonly dimension: number
  /** `auto` (and by default): our own kernels where they can. */
  readonly encoder?: 'auto' | 'onnxruntime' | undefined
}

/** The same for a cross-encoder. */
export interface LoadRerankerRequest {
  readonly type: 'load-reranker'
  readonly folder: string
  readonly dtype: Dtype
  readonly maxTokens: number
}

/** Fetch a model of the Hub into the cache folder; the worker then has nothing more to do. */
export interface DownloadRequest {
  readonly type: 'download'
  readonly model: string
  readonly revision: string
  readonly dtype: Dtype
  readonly cacheDir: string
  /** A mirror of the Hub; absent for the Hub itself. */
  readonly hubUrl?: string | undefined
}

/** The text with its prefix. Answered by `vector` or `failed`; a worker has one text at a time. */
interface EmbedRequest {
  readonly type: 'embed'
  readonly text: string
}

/** The same text, to be told how many tokens the model reads of it. Answered alike; the vector is that number. */
interface CountRequest {
  readonly type: 'count'
  readonly text: string
}

/** A question and a passage for a cross-encoder to read together. Answered alike; the vector is its logits. */
interface ScoreRequest {
  readonly type: 'score'
  readonly query: string
  readonly passage: string
}

/** One piece of work. */
export type WorkRequest = EmbedRequest | CountRequest | ScoreRequest
/** Which model a worker holds. */
export type ModelRequest = LoadRequest | LoadRerankerRequest
export type WorkerRequest = ModelRequest | DownloadRequest | WorkRequest

export interface DownloadProgress {
  readonly file: string
  /** Bytes so far, and in all where the server says so (else 0). */
  readonly loaded: number
  readonly total: number
}

export interface Failure {
  readonly code: ErrorCode
  readonly detail: string
}

/** Memory that the worker's process holds, in bytes. */
interface Size {
  readonly rss: number
}

export type WorkerReply =
  | ({ readonly type: 'ready'; readonly engine?: Engine | undefined } & Size)
  | ({ readonly type: 'unready' } & Failure)
  | ({ readonly type: 'vector'; readonly vector: Float32Array } & Size)
  | ({ readonly type: 'failed' } & Failure)
  | ({ readonly type: 'progress' } & DownloadProgress)
