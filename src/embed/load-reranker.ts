import { basename } from 'node:path'
import { fail } from '../domain/errors.ts'
import { importOffline } from './load-model.ts'
import { openNetwork } from './network.ts'
import { encodePair, type PairTokenizer } from './pair.ts'
import type { LoadRerankerRequest } from './protocol.ts'

export interface LoadedReranker {
  /** What the network says of one pair: one logit, or one for each of two labels. Throws EMBEDDING_FAILED. */
  logits(pair: { readonly query: string; readonly passage: string }): Promise<Float32Array>
  dispose(): Promise<void>
}

/** Loads a cross-encoder into this process and tries it once. Throws MODEL_UNAVAILABLE. */
export async function openRerankModel(request: LoadRerankerRequest): Promise<LoadedReranker> {
  const { folder, maxTokens } = request
  const tokenizer = await openPairTokenizer(folder)
  const network = await openNetwork(request)
  const logits: LoadedReranker['logits'] = (texts) =>
    network.run(encodePair(tokenizer, texts, maxTokens), ({ logits: found }) => copyLogits(found?.data))
  const { length } = await logits({ query: '', passage: '' })
  if (length !== 1 && length !== 2)
    fail('MODEL_UNAVAILABLE', `The model gives ${length} values a pair, not one or two.`)
  return { logits, dispose: network.dispose }
}

async function openPairTokenizer(folder: string): Promise<PairTokenizer> {
  const { AutoTokenizer } = await importOffline(folder)
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true })
  return {
    pieces: (text) => tokenizer.encode(text, { add_special_tokens: false }),
    pair: (query, passage) => {
      // The library takes an empty second text for none at all.
      const options = { text_pair: passage || ' ', return_tensor: false, return_token_type_ids: true } as const
      const { input_ids, token_type_ids } = tokenizer(query, options)
      return { ids: input_ids, types: token_type_ids ?? input_ids.map(() => 0) }
    },
  }
}

function copyLogits(logits: unknown): Float32Array {
  if (!(logits instanceof Float32Array)) fail('EMBEDDING_FAILED', 'The model gives no 32-bit logits.')
  return logits.slice()
}
