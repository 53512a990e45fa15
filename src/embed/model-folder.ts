import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { fail } from '../domain/errors.ts'

/** The revision of models that lie in the models folder. */
export const VENDORED = 'vendored'

export interface ModelPlace {
  readonly folder: string
  readonly revision: string
}

interface PlaceQuery {
  readonly model: string
  readonly revision?: string | undefined
  readonly modelsDir: string
  readonly cacheDir: string
}

/** What names of models and revisions may hold. They become paths, so nothing that climbs. */
const SAFE = /^(?!.*\.\.)\w[\w.-]*(\/\w[\w.-]*)*$/

/**
 * The folder that the model lies in, or will lie in once it is fetched. Without a revision the models folder goes
 * before the Hub's `main`. The layout of the cache is that of transformers.js.
 */
export function placeOf({ model, revision, modelsDir, cacheDir }: PlaceQuery): ModelPlace {
  for (const name of [model, revision ?? VENDORED]) {
    if (!SAFE.test(name)) fail('CONFIG_INVALID', `${name} is not the name of a model or revision.`)
  }
  const vendored = resolve(modelsDir, model)
  const found = revision ?? (existsSync(vendored) ? VENDORED : 'main')
  if (found === VENDORED) return { folder: vendored, revision: VENDORED }
  return { folder: found === 'main' ? resolve(cacheDir, model) : resolve(cacheDir, model, found), revision: found }
}

/** Whether every file that is needed to run the model lies in the folder. */
export function isComplete(folder: string, modelFile: string): boolean {
  const files = ['config.json', 'tokenizer.json', 'tokenizer_config.json', modelFile]
  return files.every((file) => existsSync(join(folder, file)))
}

const ModelConfig = z
  .object({
    hidden_size: z.int().positive().optional(),
    /** What DistilBERT calls it. */
    dim: z.int().positive().optional(),
    max_position_embeddings: z.int().positive().optional(),
  })
  .transform((config) => ({
    dimension: config.hidden_size ?? config.dim,
    positions: config.max_position_embeddings ?? Number.POSITIVE_INFINITY,
  }))

/** Dimension of the vectors and longest input, by the model's config.json. Throws MODEL_UNAVAILABLE. */
export async function readModelConfig(folder: string): Promise<{ dimension: number; positions: number }> {
  const { data } = ModelConfig.safeParse(await readJson(join(folder, 'config.json')))
  if (data?.dimension === undefined) fail('MODEL_UNAVAILABLE', 'config.json of the model gives no hidden_size.')
  return { dimension: data.dimension, positions: data.positions }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    fail('MODEL_UNAVAILABLE', 'config.json of the model cannot be read.', { cause })
  }
}
