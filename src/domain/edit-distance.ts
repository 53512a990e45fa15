/** Longest word that is compared; longer ones are never near. */
const MAX_LENGTH = 64

/** Reused, because thousands of words are compared for each one that was mistyped. */
const ROWS = [new Uint8Array(MAX_LENGTH + 1), new Uint8Array(MAX_LENGTH + 1), new Uint8Array(MAX_LENGTH + 1)] as const

/**
 * Damerau-Levenshtein distance in its restricted form (optimal string alignment, Boytsov 2011): insertions, deletions,
 * substitutions and swaps of two neighbours, no letter edited twice. Counts UTF-16 code units. Gives `limit + 1` for
 * everything above `limit`.
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit || Math.max(a.length, b.length) > MAX_LENGTH) return limit + 1
  let [before, last, row]: [Uint8Array, Uint8Array, Uint8Array] = [...ROWS]
  for (let j = 0; j <= b.length; j += 1) last[j] = j
  for (let i = 1; i <= a.length; i += 1) {
    if (fillRow(row, { a, b, i, last, before }) > limit) return limit + 1
    ;[before, last, row] = [last, row, before]
  }
  return Math.min(at(last, b.length), limit + 1)
}

interface Above {
  readonly a: string
  readonly b: string
  /** Which prefix of `a` the row stands for. */
  readonly i: number
  readonly last: Uint8Array
  readonly before: Uint8Array
}

/** Gives the least of the row: no later row has less. */
function fillRow(row: Uint8Array, { a, b, i, last, before }: Above): number {
  row[0] = i
  let least = i
  const [letter, former] = [a.charCodeAt(i - 1), a.charCodeAt(i - 2)]
  for (let j = 1; j <= b.length; j += 1) {
    const other = b.charCodeAt(j - 1)
    let best = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (letter === other ? 0 : 1))
    const swapped = i > 1 && j > 1 && former === other && letter === b.charCodeAt(j - 2)
    if (swapped) best = Math.min(best, at(before, j - 2) + 1)
    row[j] = best
    if (best < least) least = best
  }
  return least
}

const at = (row: Uint8Array, index: number): number => row[index] ?? 0
