import { fail } from '../domain/errors.ts'
import { fetchModel } from './fetch-model.ts'
import { isComplete, type ModelPlace, VENDORED } from './model-folder.ts'
import type { ModelRecipe } from './presets.ts'
import type { DownloadProgress } from './protocol.ts'

/** Which model, and where it comes from. */
export interface ModelSource {
  /** Id on the Hub, and path below the models folder and `cacheDir`, e.g. `Xenova/all-MiniLM-L6-v2`. */
  readonly model: string
  /** Where models of the Hub are kept. */
  readonly cacheDir: string
  readonly allowDownload: boolean
  /** A mirror of the Hub. */
  readonly hubUrl?: string | undefined
  readonly onDownload?: ((progress: DownloadProgress) => void) | undefined
}

/** Makes sure that every file of a model is there, and fetches them if need be. Throws MODEL_UNAVAILABLE. */
export async function provideModel(
  source: ModelSource,
  { folder, revision }: ModelPlace,
  { file, dtype }: Pick<ModelRecipe, 'file' | 'dtype'>,
): Promise<void> {
  const { model, cacheDir, hubUrl, allowDownload, onDownload } = source
  if (isComplete(folder, file)) return
  const needed = `config.json, tokenizer.json, tokenizer_config.json and ${file}`
  if (revision === VENDORED) fail('MODEL_UNAVAILABLE', `${model} lacks one of ${needed} in its folder.`)
  if (!allowDownload) fail('MODEL_UNAVAILABLE', `${model} is not on this machine, and downloads are not allowed.`)
  await fetchModel({ model, revision, dtype, cacheDir, hubUrl }, onDownload ?? (() => {}))
  if (!isComplete(folder, file)) fail('MODEL_UNAVAILABLE', `${model} lacks one of ${needed} on the Hub.`)
}
