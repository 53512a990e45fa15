import type { LexicalCorrection } from '../domain/ports.ts'
import { foldedWord, isPlainWord } from '../domain/terms.ts'
import type { Vocabulary } from './vocabulary.ts'

const MAX_EXPANSIONS = 3
/** Corrections kept in memory; they are forgotten all at once. */
const MAX_KEPT = 2_000
interface Parts {
  readonly vocabulary: Vocabulary
  readonly generation: () => number
  readonly isWord: (word: string) => boolean
  /** How many papers hold the words of a text side by side; large numbers are cut. */
  readonly frequency: (text: string) => number
  /** Whether papers hold the one that do not hold the other. */
  readonly addsTo: (word: string, other: string) => boolean
}

export interface CorrectedTerms {
  /** What is searched for, instead of the terms as they were given. */
  readonly terms: readonly string[]
  readonly corrections: readonly LexicalCorrection[]
}

/** Terms that no paper holds are replaced by the nearest words that one holds. */
export function createTermCorrector({ vocabulary, generation, isWord, frequency, addsTo }: Parts) {
  const kept = new Map<string, readonly string[]>()
  /** By the list itself: who asks a question again has the same one. */
  let corrected = new WeakMap<readonly string[], CorrectedTerms>()
  let keptFor = -1

  /** The most frequent first. Words of one stem find the same papers and would count twice. */
  function spellings(term: string): string[] {
    const ranked = vocabulary
      .nearest(foldedWord(term))
      .map((word) => ({ word, papers: frequency(word) }))
      .filter(({ papers }) => papers > 0)
      .sort((a, b) => b.papers - a.papers || (a.word < b.word ? -1 : 1))
    const chosen: string[] = []
    for (const { word } of ranked) {
      if (chosen.length === MAX_EXPANSIONS) break
      if (chosen.every((other) => addsTo(word, other))) chosen.push(word)
    }
    return chosen
  }

  /**
   * "pretraining" where papers write "pre-training": the parts as a phrase, the most frequent of them. Both are words
   * as they are spelled, because the text index also takes "recognit on" for "recognition on".
   */
  function apart(term: string): string | undefined {
    if (!isPlainWord(term)) return undefined
    const phrases = Array.from({ length: term.length - 1 }, (_, at) => [term.slice(0, at + 1), term.slice(at + 1)])
      .filter((parts) => parts.every((part) => vocabulary.has(foldedWord(part))))
      .map((parts) => ({ phrase: parts.join(' '), papers: frequency(parts.join(' ')) }))
      .filter(({ papers }) => papers > 0)
      .sort((one, other) => other.papers - one.papers)
    return phrases[0]?.phrase
  }

  /** A word that the model knows was meant as it is written, though no paper holds it. */
  function meant(term: string): readonly string[] {
    const phrase = apart(term)
    if (phrase !== undefined) return [phrase]
    return isWord(foldedWord(term)) ? [] : spellings(term)
  }

  function replacements(term: string): readonly string[] {
    const known = kept.get(term)
    if (known) return known
    const found = frequency(term) > 0 ? [term] : meant(term)
    if (kept.size >= MAX_KEPT) kept.clear()
    kept.set(term, found)
    return found
  }

  return (terms: readonly string[], current = generation()): CorrectedTerms => {
    if (current !== keptFor) {
      kept.clear()
      corrected = new WeakMap()
    }
    keptFor = current
    const known = corrected.get(terms)
    if (known) return known
    const replaced = terms.map((term) => ({ term, to: replacements(term) }))
    const found = {
      terms: [...new Set(replaced.flatMap(({ term, to }) => (to.length > 0 ? to : [term])))],
      corrections: replaced.filter(({ term, to }) => to.length > 0 && to[0] !== term),
    }
    corrected.set(terms, found)
    return found
  }
}
