import { basename } from 'node:path'
import { fail } from '../domain/errors.ts'
import { importOffline, SESSION_OPTIONS, type Transformers } from './load-model.ts'
import { type EncodedPair, encodePair, type PairTokenizer } from './pair.ts'
import type { LoadRerankerRequest } from './protocol.ts'

export interface LoadedReranker {
  /** What the network says of one pair: one logit, or one for each of two labels. Throws EMBEDDING_FAILED. */
  logits(pair: { readonly query: string; readonly passage: string }): Promise<Float32Array>
  dispose(): Promise<void>
}

/** Loads a cross-encoder into this process and tries it once. Throws MODEL_UNAVAILABLE. */
export async function openRerankModel({ folder, dtype, maxTokens }: LoadRerankerRequest): Promise<LoadedReranker> {
  const transformers = await importOffline(folder)
  const tokenizer = await openPairTokenizer(transformers, folder)
  const network = await transformers.AutoModelForSequenceClassification.from_pretrained(basename(folder), {
    local_files_only: true,
    dtype,
    device: 'cpu',
    session_options: { ...SESSION_OPTIONS },
  })
  const logits: LoadedReranker['logits'] = async (texts) => {
    const inputs = inputsOf(encodePair(tokenizer, texts, maxTokens), transformers.Tensor)
    const output: Record<string, Output> = await network(inputs)
    try {
      return copyLogits(output.logits)
    } finally {
      // Output tensors that are only dropped pile up outside the heap.
      for (const tensor of [...Object.values(inputs), ...Object.values(output)]) tensor.dispose()
    }
  }
  const { length } = await logits({ query: '', passage: '' })
  if (length !== 1 && length !== 2)
    fail('MODEL_UNAVAILABLE', `The model gives ${length} values a pair, not one or two.`)
  return { logits, dispose: async () => void (await network.dispose()) }
}

async function openPairTokenizer({ AutoTokenizer }: Transformers, folder: string): Promise<PairTokenizer> {
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

/** One pair as the network takes it, all of it to be attended to. A model without token types ignores those. */
function inputsOf({ ids, types }: EncodedPair, Tensor: Transformers['Tensor']) {
  const tensorOf = (values: readonly number[]) =>
    new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length])
  return { input_ids: tensorOf(ids), attention_mask: tensorOf(ids.map(() => 1)), token_type_ids: tensorOf(types) }
}

interface Output {
  readonly data: unknown
  dispose(): void
}

function copyLogits(logits: Output | undefined): Float32Array {
  if (!(logits?.data instanceof Float32Array)) fail('EMBEDDING_FAILED', 'The model gives no 32-bit logits.')
  return logits.data.slice()
}
