import { fail } from '../domain/errors.ts'

const logistic = (value: number): number => 1 / (1 + Math.exp(-value))

/**
 * Relevance from the logits of a cross-encoder, 0..1: the logistic function of a single one, the softmax of two labels
 * taken at the second, which is the relevant one by convention. Throws EMBEDDING_FAILED where they are no numbers.
 */
export function relevanceOf(logits: Float32Array): number {
  const [first = Number.NaN, second] = logits
  const relevance = logistic(second === undefined ? first : second - first)
  if (Number.isNaN(relevance)) fail('EMBEDDING_FAILED', 'The model gave a relevance that is no number.')
  return relevance
}
