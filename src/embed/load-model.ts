import { basename, dirname } from 'node:path'
import { fail } from '../domain/errors.ts'
import type { LoadRequest } from './protocol.ts'
import { encodeBounded } from './truncate.ts'
import { normalise, pool, type TokenVectors } from './vector.ts'

/**
 * One inference thread: throughput comes from several workers. The arena and the memory pattern only save time where
 * shapes repeat; with texts of every length they grow without end.
 */
export const SESSION_OPTIONS = {
  executionMode: 'sequential',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
  enableMemPattern: false,
} as const

export interface LoadedModel {
  /** Unit vector of the text. Throws EMBEDDING_FAILED. */
  embed(text: string): Promise<Float32Array>
  /** How many tokens of the text it reads. */
  countTokens(text: string): number
  dispose(): Promise<void>
}

export type Transformers = typeof import('@xenova/transformers')

/** Imported when it is needed: the library loads onnxruntime, which belongs into workers only. */
export async function importOffline(folder: string): Promise<Transformers> {
  const transformers = await import('@xenova/transformers')
  transformers.env.allowRemoteModels = false
  transformers.env.useFSCache = false
  transformers.env.localModelPath = `${dirname(folder)}/`
  return transformers
}

/** The tokens of a text as the model reads them, cut to `maxTokens` with the closing special token kept. */
export async function openTokenizer(folder: string, maxTokens: number): Promise<(text: string) => readonly number[]> {
  const { AutoTokenizer } = await importOffline(folder)
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true })
  return (text) => encodeBounded((part) => tokenizer.encode(part), text, maxTokens)
}

/** Loads tokenizer and network of a folder into this process and tries them once. Throws MODEL_UNAVAILABLE. */
export async function openModel(request: LoadRequest): Promise<LoadedModel> {
  const { folder, dtype, dimension } = request
  const { AutoModel, Tensor } = await importOffline(folder)
  const tokenize = await openTokenizer(folder, request.maxTokens)
  const network = await AutoModel.from_pretrained(basename(folder), {
    local_files_only: true,
    dtype,
    device: 'cpu',
    session_options: { ...SESSION_OPTIONS },
  })
  const embed = async (text: string): Promise<Float32Array> => {
    const inputs = inputsOf(tokenize(text), Tensor)
    const output: Outputs = await network(inputs)
    try {
      return normalise(pool(tokenVectors(output, inputs.input_ids.dims[1]), request.pooling))
    } finally {
      // The vectors were copied by now; output tensors that are only dropped pile up outside the heap.
      for (const tensor of [...Object.values(inputs), ...Object.values(output)]) tensor.dispose()
    }
  }
  const countTokens = (text: string): number => tokenize(text).length
  const model = { embed, countTokens, dispose: async () => void (await network.dispose()) }
  const found = (await embed('')).length
  if (found !== dimension) {
    fail('MODEL_UNAVAILABLE', `The model gives ${found} dimensions; its config.json says ${dimension}.`)
  }
  return model
}

/** One text as the network takes it, all of it to be attended to. A model without token types ignores those. */
function inputsOf(ids: readonly number[], Tensor: Transformers['Tensor']) {
  const tensorOf = (value: (id: number) => bigint) =>
    new Tensor('int64', BigInt64Array.from(ids, value), [1, ids.length])
  return { input_ids: tensorOf(BigInt), attention_mask: tensorOf(() => 1n), token_type_ids: tensorOf(() => 0n) }
}

/** What exports name the vectors of the tokens. */
interface Outputs extends Record<string, Output> {
  readonly last_hidden_state: Output
  readonly token_embeddings: Output
}

interface Output {
  readonly data: unknown
  readonly dims: readonly number[]
  dispose(): void
}

function tokenVectors(output: Partial<Outputs>, tokens = 0): TokenVectors {
  const found = output.last_hidden_state ?? output.token_embeddings
  const dimension = found?.dims[2]
  if (!(found?.data instanceof Float32Array) || found.dims[1] !== tokens || dimension === undefined) {
    fail('EMBEDDING_FAILED', 'The model gives no 32-bit vectors of its tokens.')
  }
  return { data: found.data, tokens, dimension }
}
