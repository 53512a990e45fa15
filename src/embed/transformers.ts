import { join } from 'node:path'
import { fail } from '../domain/errors.ts'
import type { Embedder } from '../domain/ports.ts'
import { hashFile, verifyFolder } from './checksums.ts'
import { fetchModel } from './fetch-model.ts'
import { fingerprintOf } from './fingerprint.ts'
import { isComplete, type ModelPlace, placeOf, readModelConfig, VENDORED } from './model-folder.ts'
import { type ModelRecipe, type RecipeOverrides, recipeOf } from './presets.ts'
import type { DownloadProgress } from './protocol.ts'
import { WorkerPool } from './worker-pool.ts'
import { workerScript } from './worker-process.ts'

/** Which model, where it lies, and how it is run. What is left out comes from the model's preset. */
export interface TransformersSettings extends Partial<RecipeOverrides> {
  /** Id on the Hub, and path below `modelsDir` and `cacheDir`, e.g. `Xenova/all-MiniLM-L6-v2`. */
  readonly model: string
  /** `vendored` for the models folder, else a branch, tag or commit of the Hub. */
  readonly revision?: string | undefined
  readonly modelsDir: string
  /** Where models of the Hub are kept. */
  readonly cacheDir: string
  readonly allowDownload: boolean
  /** A mirror of the Hub. */
  readonly hubUrl?: string | undefined
  /** At most this many processes, one thread each. */
  readonly workers: number
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined
}

/** The embedder, and the processes behind it for whoever watches them. */
export interface TransformersEmbedder extends Embedder {
  readonly pids: readonly number[]
}

/**
 * A sentence-embedding model in ONNX format, run by transformers.js in worker processes. Files are verified here; the
 * workers start with the first text. Throws MODEL_CORRUPT, MODEL_UNAVAILABLE, CONFIG_INVALID.
 */
export async function openTransformersEmbedder(settings: TransformersSettings): Promise<TransformersEmbedder> {
  const { model, workers } = settings
  const preset = recipeOf(model, overridesIn(settings))
  const place = placeOf(settings)
  await provide(settings, place, preset)
  const { dimension, positions } = await readModelConfig(place.folder)
  if ((settings.maxTokens ?? 0) > positions) {
    fail('CONFIG_INVALID', `maxTokens is ${settings.maxTokens}, but the model reads ${positions} tokens at most.`)
  }
  const recipe = { ...preset, maxTokens: Math.min(preset.maxTokens, positions) }
  const { folder, revision } = place
  const fileHash = await hashFile(join(folder, recipe.file))
  const { dtype, pooling, maxTokens } = recipe
  const pool = new WorkerPool({
    script: workerScript(),
    size: workers,
    load: { type: 'load', folder, dtype, pooling, maxTokens, dimension },
  })
  return {
    model,
    fingerprint: fingerprintOf({ model, revision, fileHash, recipe }),
    dimension,
    embed: (texts, kind, signal) => {
      const prefix = kind === 'query' ? recipe.queryPrefix : recipe.passagePrefix
      return pool.embed(prefix === '' ? texts : texts.map((text) => prefix + text), kind, signal)
    },
    close: () => pool.close(),
    get pids() {
      return pool.pids
    },
  }
}

function overridesIn(settings: TransformersSettings): RecipeOverrides {
  const { pooling, queryPrefix, passagePrefix, maxTokens, dtype } = settings
  return { pooling, queryPrefix, passagePrefix, maxTokens, dtype }
}

/** Makes sure that the files are there and, where checksums came with them, whole. */
async function provide(settings: TransformersSettings, place: ModelPlace, recipe: ModelRecipe): Promise<void> {
  const { model, cacheDir, hubUrl, allowDownload, onDownload } = settings
  const { folder, revision } = place
  if (revision === VENDORED) await verifyFolder(folder)
  if (isComplete(folder, recipe.file)) return
  const needed = `config.json, tokenizer.json, tokenizer_config.json and ${recipe.file}`
  if (revision === VENDORED) fail('MODEL_UNAVAILABLE', `${model} lacks one of ${needed} in the models folder.`)
  if (!allowDownload) fail('MODEL_UNAVAILABLE', `${model} is not on this machine, and downloads are not allowed.`)
  await fetchModel({ model, revision, dtype: recipe.dtype, cacheDir, hubUrl }, onDownload ?? (() => {}))
  if (!isComplete(folder, recipe.file)) fail('MODEL_UNAVAILABLE', `${model} lacks one of ${needed} on the Hub.`)
}
