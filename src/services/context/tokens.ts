import type { TokenizerName } from '../../domain/context.ts'

/** Special tokens are counted as the text that they are: nobody who packs a context means them. */
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() }

export type CountTokens = (text: string) => number

/** A vocabulary takes half a second and some 60 MB, so each is loaded when it is first asked for. */
const LOADERS: Record<TokenizerName, () => Promise<CountTokens>> = {
  o200k: async () => {
    const { countTokens: count } = await import('gpt-tokenizer/encoding/o200k_base')
    return (text) => count(text, AS_TEXT)
  },
  cl100k: async () => {
    const { countTokens: count } = await import('gpt-tokenizer/encoding/cl100k_base')
    return (text) => count(text, AS_TEXT)
  },
}

/** What counts the tokens of a text with a vocabulary. */
export const tokenCounter = (name: TokenizerName): Promise<CountTokens> => LOADERS[name]()

/** The number of tokens of a text. */
export const countTokens = async (text: string, name: TokenizerName = 'o200k'): Promise<number> =>
  (await tokenCounter(name))(text)
