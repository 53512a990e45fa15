import { join } from 'node:path'
import { fail } from '../domain/errors.ts'
import type { Embedder, EmbedKind } from '../domain/models.ts'
import { hashFile, verifyFolder } from './checksums.ts'
import { fingerprintOf } from './fingerprint.ts'
import { createKnownWords } from './known-words.ts'
import { type ModelPlace, placeOf, readModelConfig, VENDORED } from './model-folder.ts'
import { type ModelRecipe, type RecipeOverrides, recipeOf } from './presets.ts'
import type { LoadRequest } from './protocol.ts'
import { type ModelSource, provideModel } from './provide-model.ts'
import { type PoolOptions, WorkerPool } from './worker-pool.ts'
import { workerScript } from './worker-process.ts'

/** Which model, where it lies, and how it is run. What is left out comes from the model's preset. */
export interface TransformersSettings extends Partial<RecipeOverrides>, ModelSource {
  /** `vendored` for the models folder, else a branch, tag or commit of the Hub. */
  readonly revision?: string | undefined
  readonly modelsDir: string
  /** At most this many processes, one thread each. */
  readonly workers: number
  /** So many of them load the model at once, the others when texts wait; none by default. */
  readonly warmWorkers?: number | undefined
  /** What runs the network: `auto`, as by default, takes our own kernels where they can, else onnxruntime. */
  readonly encoder?: LoadRequest['encoder']
  /** A process that is longer over one text is ended. */
  readonly embedTimeoutSeconds?: number | undefined
  /** A process is gone and another takes its place. */
  readonly onWorkerReplaced?: PoolOptions['onReplaced']
  /** A process has loaded the model, and says what runs it. */
  readonly onWorkerReady?: PoolOptions['onReady']
}

/** The embedder, and the processes behind it for whoever watches them. */
export interface TransformersEmbedder extends Embedder {
  readonly pids: readonly number[]
}

/**
 * A sentence-embedding model in ONNX format, run in worker processes: by our own kernels, or by onnxruntime. Files are
 * verified here; workers that are not warm start with the first text. Throws MODEL_CORRUPT, MODEL_UNAVAILABLE, CONFIG_INVALID.
 */
export async function openTransformersEmbedder(settings: TransformersSettings): Promise<TransformersEmbedder> {
  const { model, workers, warmWorkers, encoder, embedTimeoutSeconds, onWorkerReplaced, onWorkerReady } = settings
  const { folder, revision, fileHash, dimension, recipe } = await openFiles(settings)
  const { dtype, pooling, maxTokens } = recipe
  const pool = new WorkerPool({
    script: workerScript(),
    size: workers,
    warm: warmWorkers,
    textLimitMs: embedTimeoutSeconds && embedTimeoutSeconds * 1000,
    onReplaced: onWorkerReplaced,
    onReady: onWorkerReady,
    load: { type: 'load', folder, dtype, pooling, maxTokens, dimension, encoder },
  })
  const prefixed = (texts: readonly string[], kind: EmbedKind): readonly string[] => {
    const prefix = kind === 'query' ? recipe.queryPrefix : recipe.passagePrefix
    return prefix === '' ? texts : texts.map((text) => prefix + text)
  }
  return {
    model,
    fingerprint: fingerprintOf({ model, revision, fileHash, recipe }),
    dimension,
    isWord: createKnownWords(folder),
    embed: (texts, kind, signal) => pool.embed(prefixed(texts, kind), kind, signal),
    countTokens: async (texts, kind, signal) => {
      const requests = prefixed(texts, kind).map((text) => ({ type: 'count', text }) as const)
      return (await pool.run(requests, kind, signal)).map(([count = 0]) => count)
    },
    close: () => pool.close(),
    get pids() {
      return pool.pids
    },
  }
}

interface ModelFiles extends ModelPlace {
  /** SHA-256 of the ONNX file, in hex. */
  readonly fileHash: string
  readonly dimension: number
  readonly recipe: ModelRecipe
}

/** Finds, fetches if need be, and verifies the model's files, and settles how it is run. */
async function openFiles(settings: TransformersSettings): Promise<ModelFiles> {
  const { model, pooling, queryPrefix, passagePrefix, maxTokens, dtype } = settings
  const preset = recipeOf(model, { pooling, queryPrefix, passagePrefix, maxTokens, dtype })
  const place = placeOf(settings)
  const verified = place.revision === VENDORED ? await verifyFolder(place.folder) : new Map<string, string>()
  await provideModel(settings, place, preset)
  const { dimension, positions } = await readModelConfig(place.folder)
  if ((maxTokens ?? 0) > positions) {
    fail('CONFIG_INVALID', `maxTokens is ${maxTokens}, but the model reads ${positions} tokens at most.`)
  }
  return {
    ...place,
    fileHash: verified.get(preset.file) ?? (await hashFile(join(place.folder, preset.file))),
    dimension,
    recipe: { ...preset, maxTokens: Math.min(preset.maxTokens, positions) },
  }
}
