import { cleanLatex } from '../../domain/latex.ts'
import type { StoredPaper } from '../../domain/ports.ts'
import { queryTerms } from '../../domain/terms.ts'
import type { Deps } from '../deps.ts'
import { wordsOf } from './words.ts'

/** Three words in a row are rare enough to lead to few papers, and short enough to survive a change nearby. */
const PHRASE = 3
const MAX_PHRASES = 6
const MAX_TERMS = 6
/** A changed quote still shares most of its phrases with its paper, and few others share any. */
const BY_PHRASES = 8
const BY_TERMS = 8

/** Up to `limit` of a list, spread evenly over it. */
function spread<Item>(list: readonly Item[], limit: number): Item[] {
  if (list.length <= limit) return [...list]
  return Array.from({ length: limit }, (_, at) => list[Math.floor((at * list.length) / limit)]).flatMap((item) =>
    item === undefined ? [] : [item],
  )
}

/** Runs of words of a quote as they are written there; those of stop words alone lead everywhere and are left out. */
function phrasesOf(quote: string): string[] {
  const text = cleanLatex(quote)
  const words = wordsOf(text)
  const size = Math.min(PHRASE, words.length)
  const runs = words
    .slice(0, words.length - size + 1)
    .map((word, at) => text.slice(word.start, words[at + size - 1]?.end))
  const telling = runs.filter((run) => /\p{L}{5,}|\d/u.test(run))
  return spread(telling.length > 0 ? telling : runs, MAX_PHRASES)
}

/** Long words say most; a single one of them still leads to a quote of which every phrase was changed. */
const termsOf = (quote: string): string[] =>
  queryTerms(cleanLatex(quote))
    .sort((one, other) => other.length - one.length)
    .slice(0, MAX_TERMS)

/** Papers that a quote may be from, by its phrases and its words in the text index. */
export async function candidatePapers(deps: Deps, quote: string): Promise<StoredPaper[]> {
  const [byPhrases, byTerms] = await Promise.all([
    deps.store.holding(phrasesOf(quote), BY_PHRASES),
    deps.store.holding(termsOf(quote), BY_TERMS),
  ])
  return deps.store.byKeys([...new Set([...byPhrases, ...byTerms])])
}
