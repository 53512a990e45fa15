import { setImmediate } from 'node:timers/promises'
import { passageText } from '../domain/passage.ts'
import type { PaperStore } from '../domain/ports.ts'
import { textTerms } from '../domain/terms.ts'
import type { Deps } from './deps.ts'

/** Different words of one text that are looked at, the first of them: an abstract has fewer, a pasted draft may not. */
const MAX_DIFFERENT = 500
/** Papers whose words are kept, some 6 kB each. */
const MAX_PAPERS = 2_000
/** Words whose papers were counted that are kept. */
const MAX_WORDS = 200_000
/** Words that are counted before other requests have their turn. */
const WORDS_A_TURN = 250

/** How often each word stands in a text. */
export type WordCounts = ReadonlyMap<string, number>

/** What was found out about words, as long as nothing is written. */
interface Known {
  readonly generation: number
  /** How many papers hold a word: the most frequent are asked for most, and cost most to count. */
  readonly papersWith: Map<string, number>
  readonly wordsOf: Map<number, WordCounts>
}

const known = new WeakMap<PaperStore, Known>()

function knownOf(store: PaperStore): Known {
  const generation = store.generation()
  const before = known.get(store)
  if (before?.generation === generation) return before
  const fresh = { generation, papersWith: new Map(), wordsOf: new Map() }
  known.set(store, fresh)
  return fresh
}

/** Of the first MAX_DIFFERENT words how often each stands in the text. */
export function countWords(text: string): WordCounts {
  const counts = new Map<string, number>()
  for (const word of textTerms(text)) {
    const before = counts.get(word) ?? 0
    if (before > 0 || counts.size < MAX_DIFFERENT) counts.set(word, before + 1)
  }
  return counts
}

/** How many papers hold each word. */
export async function papersWith(deps: Deps, words: Iterable<string>): Promise<Map<string, number>> {
  const memory = knownOf(deps.store).papersWith
  const asked = [...words]
  const found = new Map<string, number>()
  const missing: string[] = []
  for (const word of asked) {
    const papers = memory.get(word)
    if (papers === undefined) missing.push(word)
    else found.set(word, papers)
  }
  if (memory.size + missing.length > MAX_WORDS) memory.clear()
  for (let from = 0; from < missing.length; from += WORDS_A_TURN) {
    const part = missing.slice(from, from + WORDS_A_TURN)
    const papers = await deps.store.frequencies(part)
    for (const [at, word] of part.entries()) {
      memory.set(word, papers[at] ?? 0)
      found.set(word, papers[at] ?? 0)
    }
    if (part.length === WORDS_A_TURN) await setImmediate()
  }
  return new Map(asked.map((word) => [word, found.get(word) ?? 0]))
}

/** The words of the papers that are there, by key. */
export async function wordsOf(deps: Deps, keys: readonly number[]): Promise<Map<number, WordCounts>> {
  const memory = knownOf(deps.store).wordsOf
  const missing = keys.filter((key) => !memory.has(key))
  const read = (await deps.store.byKeys(missing)).map(
    ({ key, paper }) => [key, countWords(passageText(paper))] as const,
  )
  const fresh = new Map(read)
  const found = new Map(
    keys.flatMap((key) => {
      const words = memory.get(key) ?? fresh.get(key)
      return words ? [[key, words] as const] : []
    }),
  )
  if (memory.size + fresh.size > MAX_PAPERS) memory.clear()
  for (const [key, words] of fresh) memory.set(key, words)
  return found
}
