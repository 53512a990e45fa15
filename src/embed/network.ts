import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { leanModel } from './lean-graph.ts'
import { type Dtype, recipeOf } from './presets.ts'

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
  /** Errors: it warns of trained tensors that the lean graph leaves unused. */
  logSeverityLevel: 3,
} as const

/** One row of tokens; each is attended to. */
export interface NetworkInput {
  readonly ids: readonly number[]
  /** Which of two texts a token belongs to; all to the first by default. */
  readonly types?: readonly number[]
}

/** What the network says, valid until the callback returns. */
export type NetworkOutput = Readonly<Record<string, { readonly data: unknown; readonly dims: readonly number[] }>>

export interface Network {
  /** Runs the network and has the callback take from its output what is needed. */
  run<T>(input: NetworkInput, take: (output: NetworkOutput) => T): Promise<T>
  dispose(): Promise<void>
}

/** Above this an ONNX file is read by onnxruntime alone: protobuf ends at 2 GiB, and larger ones have further files. */
const MAX_BYTES = 2 ** 30

/** The lean form of the file, or its path where it has none. */
async function modelOf(path: string): Promise<Uint8Array | string> {
  const bytes = await readFile(path)
  if (bytes.length > MAX_BYTES) return path
  try {
    return leanModel(bytes) ?? path
  } catch {
    // onnxruntime says better what is wrong with a file.
    return path
  }
}

/** Loads the network of a model's folder into this process. Imported when needed: onnxruntime belongs into workers only. */
export async function openNetwork({ folder, dtype }: { folder: string; dtype: Dtype }): Promise<Network> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node')
  const model = await modelOf(join(folder, recipeOf('', { dtype }).file))
  // The two are different overloads.
  const session = await (typeof model === 'string'
    ? InferenceSession.create(model, SESSION_OPTIONS)
    : InferenceSession.create(model, SESSION_OPTIONS))
  const feedsOf = ({ ids, types }: NetworkInput) => {
    const row = (valueAt: (at: number) => number) =>
      new Tensor(
        'int64',
        BigInt64Array.from(ids, (_, at) => BigInt(valueAt(at))),
        [1, ids.length],
      )
    const feeds = {
      input_ids: row((at) => ids[at] ?? 0),
      attention_mask: row(() => 1),
      token_type_ids: row((at) => types?.[at] ?? 0),
    }
    // Models without token types do not take them.
    return Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)))
  }
  return {
    run: async (input, take) => {
      const output = await session.run(feedsOf(input))
      try {
        return take(output)
      } finally {
        // Tensors that are only dropped pile up outside the heap.
        for (const tensor of Object.values(output)) tensor.dispose()
      }
    },
    dispose: () => session.release(),
  }
}
