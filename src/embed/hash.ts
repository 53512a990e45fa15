import { fail } from '../domain/errors.ts'
import type { Embedder } from '../domain/models.ts'
import { normalise } from './vector.ts'

interface HashOptions {
  readonly dimension?: number
  readonly model?: string
}

const PAIR_WEIGHT = 0.5

/**
 * An embedder without a model: words and pairs of neighbouring words are hashed to signed places of the vector
 * (feature hashing, Weinberger et al. 2009), so that texts that share words are near. Deterministic, immediate, and
 * blind to meaning: for tests, and for machines that can run no model.
 */
export function createHashEmbedder({ dimension = 64, model = 'hash' }: HashOptions = {}): Embedder {
  let closed = false
  const refuse = (signal: AbortSignal | undefined): void => {
    if (closed) fail('INTERRUPTED', 'The embedder is closed.')
    if (signal?.aborted) fail('INTERRUPTED')
  }
  return {
    model,
    fingerprint: `${model}@1:${dimension}:l2`,
    dimension,
    embed: async (texts, _kind, signal) => {
      refuse(signal)
      return texts.map((text) => hashVector(text, dimension))
    },
    countTokens: async (texts, _kind, signal) => {
      refuse(signal)
      return texts.map((text) => wordsOf(text).length)
    },
    close: async () => {
      closed = true
    },
  }
}

const wordsOf = (text: string): readonly string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu) ?? []

function hashVector(text: string, dimension: number): Float32Array {
  const words = wordsOf(text)
  const vector = new Float64Array(dimension)
  for (const [at, word] of words.entries()) {
    addFeature(vector, word, 1)
    if (at > 0) addFeature(vector, `${words[at - 1]} ${word}`, PAIR_WEIGHT)
  }
  // No words, or words that cancel each other out: still one direction for one text.
  if (vector.every((value) => value === 0)) addFeature(vector, `\n${text}`, 1)
  return normalise(vector)
}

function addFeature(vector: Float64Array, feature: string, weight: number): void {
  const hash = fnv1a(feature)
  const place = (hash >>> 1) % vector.length
  vector[place] = (vector[place] ?? 0) + (hash % 2 === 0 ? weight : -weight)
}

/** FNV-1a, 32 bit, over UTF-16 code units, with a final mix: its lowest bits alone are too even for a sign. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
