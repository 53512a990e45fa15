import { fail } from '../domain/errors.ts'
import type { Deps } from './deps.ts'

const lastPart = (name: string): string => (name.split('/').at(-1) ?? name).toLowerCase()

/** The ids of the models that run here: the embedder, and the cross-encoder where one is configured. */
export function modelIds({ embedder, rerank }: Deps): string[] {
  return [...new Set([embedder.model, ...(rerank ? [rerank.reranker.model] : [])])]
}

/**
 * The model of a name among those that could be meant. Whoever published the files does not matter, because the same
 * model has several homes: `sentence-transformers/x` and `x` both mean `Xenova/x`. Throws MODEL_UNKNOWN: any other name
 * means another model, whose vectors or scores would not be these.
 */
export function modelOf(name: string, ids: readonly string[]): string {
  const found = ids.find((id) => id === name) ?? ids.find((id) => lastPart(id) === lastPart(name))
  return found ?? fail('MODEL_UNKNOWN', `The model "${name}" does not run here, but ${ids.join(' and ')}.`)
}
