import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fail } from '../domain/errors.ts'
import { openNativeNetwork } from './native-encoder.ts'
import { type NetworkOutput, openNetwork } from './network.ts'
import type { Engine, LoadRequest } from './protocol.ts'
import { createTokensByWord, isByWord } from './tokens-by-word.ts'
import { encodeBounded } from './truncate.ts'
import { normalise, pool, type TokenVectors } from './vector.ts'
import { createWordPieces, hasPlainPieces } from './word-pieces.ts'

export interface LoadedModel {
  readonly engine: Engine
  /** Unit vector of the text. Throws EMBEDDING_FAILED. */
  embed(text: string): Promise<Float32Array>
  /** How many tokens of the text it reads. */
  countTokens(text: string): number
  dispose(): Promise<void>
}

type Transformers = typeof import('@xenova/transformers')

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
  const readJson = async (file: string): Promise<object> => JSON.parse(await readFile(join(folder, file), 'utf8'))
  const description = await readJson('tokenizer.json')
  if (isByWord(description)) {
    // What transformers.js itself tokenises with; that loads onnxruntime as well, which is not always needed.
    const { Tokenizer } = await import('@huggingface/tokenizers')
    const tokenizer = new Tokenizer(description, await readJson('tokenizer_config.json'))
    const plainPieces = hasPlainPieces(description)
      ? createWordPieces((piece) => tokenizer.token_to_id(piece))
      : undefined
    const tokensOf = createTokensByWord({ encode: (text, options) => tokenizer.encode(text, options).ids }, plainPieces)
    return (text) => tokensOf(text, maxTokens)
  }
  const { AutoTokenizer } = await importOffline(folder)
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true })
  return (text) => encodeBounded((part) => tokenizer.encode(part), text, maxTokens)
}

/** Loads tokenizer and network of a folder into this process and tries them once. Throws MODEL_UNAVAILABLE. */
export async function openModel(request: LoadRequest): Promise<LoadedModel> {
  const { folder, pooling, dimension, maxTokens } = request
  const tokenize = await openTokenizer(folder, maxTokens)
  const native = request.encoder === 'onnxruntime' ? null : await openNativeNetwork(request)
  const network = native ?? (await openNetwork(request))
  const embed = (text: string): Promise<Float32Array> => {
    const ids = tokenize(text)
    return network.run({ ids }, (output) => normalise(pool(tokenVectors(output, ids.length), pooling)))
  }
  const engine = native ? 'native' : 'onnxruntime'
  const countTokens = (text: string) => tokenize(text).length
  const found = (await embed('')).length
  if (found !== dimension) {
    fail('MODEL_UNAVAILABLE', `The model gives ${found} dimensions; its config.json says ${dimension}.`)
  }
  return { engine, embed, countTokens, dispose: network.dispose }
}

/** What exports name the vectors of the tokens. */
const TOKEN_VECTORS = ['last_hidden_state', 'token_embeddings']

function tokenVectors(output: NetworkOutput, tokens: number): TokenVectors {
  const found = TOKEN_VECTORS.map((name) => output[name]).find((tensor) => tensor !== undefined)
  const dimension = found?.dims[2]
  if (!(found?.data instanceof Float32Array) || found.dims[1] !== tokens || dimension === undefined) {
    fail('EMBEDDING_FAILED', 'The model gives no 32-bit vectors of its tokens.')
  }
  return { data: found.data, tokens, dimension }
}
