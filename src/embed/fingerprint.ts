import { createHash } from 'node:crypto'
import type { ModelRecipe } from './presets.ts'

interface FingerprintParts {
  readonly model: string
  readonly revision: string
  /** SHA-256 of the ONNX file, in hex. */
  readonly fileHash: string
  readonly recipe: ModelRecipe
}

/** Prefixes longer than this, escaped, are named by their hash: a fingerprint has to fit a record's field. */
const LONGEST_PREFIX = 40

/** Names everything that shapes a vector, e.g. `Xenova/all-MiniLM-L6-v2@vendored:afdb6f1a0e45b715:mean:256:l2`. */
export function fingerprintOf({ model, revision, fileHash, recipe }: FingerprintParts): string {
  const parts = [`${model}@${revision}`, fileHash.slice(0, 16), recipe.pooling, String(recipe.maxTokens), 'l2']
  if (recipe.queryPrefix !== '') parts.push(`query=${escapePrefix(recipe.queryPrefix)}`)
  if (recipe.passagePrefix !== '') parts.push(`passage=${escapePrefix(recipe.passagePrefix)}`)
  return parts.join(':')
}

function escapePrefix(prefix: string): string {
  const escaped = encodeURIComponent(prefix)
  if (escaped.length <= LONGEST_PREFIX) return escaped
  return `sha256-${createHash('sha256').update(prefix).digest('hex').slice(0, 16)}`
}
