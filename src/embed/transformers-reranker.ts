import { existsSync } from 'node:fs'
import { basename, isAbsolute, join, resolve } from 'node:path'
import type { Reranker } from '../domain/models.ts'
import { verifyFolder } from './checksums.ts'
import { type ModelPlace, placeOf, readModelConfig, VENDORED } from './model-folder.ts'
import { type Dtype, type ModelRecipe, recipeOf } from './presets.ts'
import { type ModelSource, provideModel } from './provide-model.ts'
import { relevanceOf } from './relevance.ts'
import { WorkerPool } from './worker-pool.ts'
import { workerScript } from './worker-process.ts'

/** Longest pair in tokens: what most cross-encoders were trained on, and the time of a pair grows with it. */
const MAX_TOKENS = 512
/** So many pairs may wait; who comes later is told at once instead of waiting in vain. */
const MAX_WAITING = 1_000
/** Large models take seconds a pair on a busy machine; a worker that takes longer hangs. */
const PAIR_LIMIT_MS = 10_000

/** Which cross-encoder, where it lies, and how it is run. */
export interface RerankerSettings extends ModelSource {
  /** Id on the Hub, and path below `modelsDir` and `cacheDir`; or a folder: absolute, or one that begins with a dot. */
  readonly model: string
  readonly modelsDir: string
  /** Number format of the weights; a folder that has only `onnx/model.onnx` is run by that. */
  readonly dtype?: Dtype | undefined
  /** At most this many processes, one thread each. */
  readonly workers: number
  /** How long a worker may take over one pair, in milliseconds, before it is replaced. */
  readonly pairLimitMs?: number | undefined
}

/** The reranker, and the processes behind it for whoever watches them. */
export interface TransformersReranker extends Reranker {
  readonly pids: readonly number[]
}

const isFolder = (model: string): boolean => isAbsolute(model) || /^\.{1,2}([/\\]|$)/.test(model)

function locate(settings: RerankerSettings): ModelPlace & { readonly name: string } {
  const { model } = settings
  if (!isFolder(model)) return { ...placeOf(settings), name: model }
  const folder = resolve(model)
  return { folder, revision: VENDORED, name: basename(folder) }
}

function formatOf(folder: string, dtype: Dtype | undefined): Pick<ModelRecipe, 'file' | 'dtype'> {
  const [asked, plain] = [recipeOf('', { dtype }), recipeOf('', { dtype: 'fp32' })]
  const onlyPlain = !existsSync(join(folder, asked.file)) && existsSync(join(folder, plain.file))
  return onlyPlain ? plain : asked
}

/**
 * A cross-encoder in ONNX format (text classification with one logit or two labels), run by transformers.js in worker
 * processes, one pair an inference. Files are verified here; a worker starts with the first pair. Throws MODEL_CORRUPT,
 * MODEL_UNAVAILABLE, CONFIG_INVALID.
 */
export async function openTransformersReranker(settings: RerankerSettings): Promise<TransformersReranker> {
  const { name, ...place } = locate(settings)
  const { folder } = place
  const format = formatOf(folder, settings.dtype)
  if (place.revision === VENDORED) await verifyFolder(folder)
  await provideModel({ ...settings, model: name }, place, format)
  const { positions } = await readModelConfig(folder)
  const pool = new WorkerPool({
    script: workerScript(),
    size: settings.workers,
    load: { type: 'load-reranker', folder, dtype: format.dtype, maxTokens: Math.min(MAX_TOKENS, positions) },
    textLimitMs: settings.pairLimitMs ?? PAIR_LIMIT_MS,
    maxWaiting: MAX_WAITING,
  })
  return {
    model: name,
    score: async (query, passages, signal) => {
      const pairs = passages.map((passage) => ({ type: 'score', query, passage }) as const)
      return (await pool.run(pairs, 'query', signal)).map(relevanceOf)
    },
    close: () => pool.close(),
    get pids() {
      return pool.pids
    },
  }
}
