import { join } from 'node:path'
import { fail } from '../domain/errors.ts'
import type { Embedder } from '../domain/ports.ts'
import { hashFile, verifyFolder } from './checksums.ts'
import { fetchModel } from './fetch-model.ts'
import { fingerprintOf } from './fingerprint.ts'
import { createKnownWords } from './known-words.ts'
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
  const { folder, revision, fileHash, dimension, recipe } = await openFiles(settings)
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
    isWord: createKnownWords(folder),
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
  await provide(settings, place, preset)
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

/** Makes sure that every file is there. */
async function provide(settings: TransformersSettings, place: ModelPlace, recipe: ModelRecipe): Promise<void> {
  const { model, cacheDir, hubUrl, allowDownload, onDownload } = settings
  const { folder, revision } = place
  if (isComplete(folder, recipe.file)) return
  const needed = `config.json, tokenizer.json, tokenizer_config.json and ${recipe.file}`
  if (revision === VENDORED) fail('MODEL_UNAVAILABLE', `${model} lacks one of ${needed} in the models folder.`)
  if (!allowDownload) fail('MODEL_UNAVAILABLE', `${model} is not on this machine, and downloads are not allowed.`)
  await fetchModel({ model, revision, dtype: recipe.dtype, cacheDir, hubUrl }, onDownload ?? (() => {}))
  if (!isComplete(folder, recipe.file)) fail('MODEL_UNAVAILABLE', `${model} lacks one of ${needed} on the Hub.`)
}
