import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type BertEncoder, readBertEncoder } from './bert-graph.ts'
import { leanModel } from './lean-graph.ts'
import type { Network } from './network.ts'
import { type Dtype, recipeOf } from './presets.ts'

/** A network of native/encoder, which checks whatever it is given and throws where it does not fit. */
interface NativeEncoder {
  /** Writes `hidden` numbers for each token to `rows`. */
  run(ids: Uint32Array, rows: Float32Array): void
}

/**
 * Copies the tensors, in the order of `BertEncoder`. The shape: vocabulary, positions, hidden, heads, intermediate,
 * layers, and the most tokens of a text.
 */
type NativeEncoderType = new (shape: Uint32Array, tensors: BertEncoder['tensors']) => NativeEncoder

const ADDON = '../../native/encoder/build/Release/encoder.node'

/** Our own kernels, which the installation compiles; null where it could not, or this machine cannot run them. */
export function loadNativeEncoder(): NativeEncoderType | null {
  try {
    // What it exports is written in native/encoder/addon.cc, where no compiler of ours looks.
    const addon = createRequire(import.meta.url)(ADDON) as { readonly Encoder?: NativeEncoderType }
    return addon.Encoder ?? null
  } catch {
    return null
  }
}

/** A network like that of onnxruntime, for texts of one sequence. Throws RangeError for any but a known encoder. */
export function nativeNetwork(Encoder: NativeEncoderType, model: Uint8Array, maxTokens: number): Network {
  const bert = readBertEncoder(leanModel(model) ?? model)
  const { vocabulary, positions, hidden, heads, intermediate, layers, tensors, output } = bert
  const shape = Uint32Array.of(vocabulary, positions, hidden, heads, intermediate, layers, maxTokens)
  const encoder = new Encoder(shape, tensors)
  const rows = new Float32Array(maxTokens * hidden)
  return {
    run: async ({ ids, types }, take) => {
      if (types?.some((type) => type !== 0)) throw new RangeError('the encoder reads one sequence')
      const data = rows.subarray(0, ids.length * hidden)
      encoder.run(Uint32Array.from(ids), data)
      return take({ [output]: { data, dims: [1, ids.length, hidden] } })
    },
    dispose: async () => {},
  }
}

interface NativeRequest {
  readonly folder: string
  readonly dtype: Dtype
  readonly maxTokens: number
}

/** The network of a model's folder on our own kernels; null where they cannot run it. */
export async function openNativeNetwork({ folder, dtype, maxTokens }: NativeRequest): Promise<Network | null> {
  const Encoder = loadNativeEncoder()
  if (!Encoder) return null
  try {
    return nativeNetwork(Encoder, await readFile(join(folder, recipeOf('', { dtype }).file)), maxTokens)
  } catch {
    // Another network, or a file that onnxruntime says better what is wrong with.
    return null
  }
}
