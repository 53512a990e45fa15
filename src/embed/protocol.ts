import type { ErrorCode } from '../domain/errors.ts'
import type { Dtype, Pooling } from './presets.ts'

/** What a worker needs to load a model that lies complete in a folder. */
export interface LoadRequest {
  readonly type: 'load'
  readonly folder: string
  readonly dtype: Dtype
  readonly pooling: Pooling
  readonly maxTokens: number
  readonly dimension: number
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

export type WorkerRequest = LoadRequest | DownloadRequest | EmbedRequest

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

export type WorkerReply =
  | { readonly type: 'ready' }
  | ({ readonly type: 'unready' } & Failure)
  | { readonly type: 'vector'; readonly vector: Float32Array }
  | ({ readonly type: 'failed' } & Failure)
  | ({ readonly type: 'progress' } & DownloadProgress)
