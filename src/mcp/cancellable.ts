import type { Deps } from '../services/deps.ts'

/** The same, where texts wait to be embedded no longer than somebody waits for the answer. */
export function cancellable(deps: Deps, signal: AbortSignal): Deps {
  const { embedder } = deps
  const { model, fingerprint, dimension, isWord } = embedder
  return {
    ...deps,
    embedder: {
      model,
      fingerprint,
      dimension,
      isWord,
      embed: (texts, kind) => embedder.embed(texts, kind, signal),
      countTokens: (texts, kind) => embedder.countTokens(texts, kind, signal),
      close: () => embedder.close(),
    },
  }
}
