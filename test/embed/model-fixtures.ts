import { cpSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TransformersSettings } from '../../src/embed/transformers.ts'

const MODELS = fileURLToPath(new URL('../../models/', import.meta.url))
export const VENDORED = join(MODELS, 'Xenova', 'all-MiniLM-L6-v2')

/** Settings for the vendored model, with changes. */
export function settings(changes: Partial<TransformersSettings> = {}): TransformersSettings {
  const cacheDir = join(tmpdir(), 'kindred-no-such-cache')
  return { model: 'Xenova/all-MiniLM-L6-v2', modelsDir: MODELS, cacheDir, allowDownload: false, workers: 2, ...changes }
}

/** A copy of the vendored model under another name, in a models folder of its own. */
export function copyModel(modelsDir: string, model: string): { modelsDir: string; model: string; copy: string } {
  const copy = join(modelsDir, model)
  cpSync(VENDORED, copy, { recursive: true })
  return { modelsDir, model, copy }
}

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, squaresA, squaresB] = [0, 0, 0]
  for (let at = 0; at < a.length; at += 1) {
    const [x, y] = [a[at] ?? 0, b[at] ?? 0]
    product += x * y
    squaresA += x * x
    squaresB += y * y
  }
  return product / Math.sqrt(squaresA * squaresB)
}
