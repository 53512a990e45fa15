/** A brace, or a backslash with what it escapes. */
const BRACES = /\\.?|[{}]/gs

/** Where the group opened at each `{` ends; escaped and unbalanced braces are left out. */
export function matchBraces(text: string): Map<number, number> {
  const closing = new Map<number, number>()
  const open: number[] = []
  for (const { 0: char, index } of text.matchAll(BRACES)) {
    if (char === '{') open.push(index)
    else if (char === '}') {
      const start = open.pop()
      if (start !== undefined) closing.set(start, index)
    }
  }
  return closing
}

/**
 * The dollar signs that delimit mathematics rather than name a price: the first stands before a character, the second
 * after one and not before a digit. `$$` always delimits.
 */
export function mathDelimiters(text: string): Set<number> {
  const found = new Set<number>()
  let open = -1
  for (let at = text.indexOf('$'); at >= 0; at = text.indexOf('$', at + 1)) {
    if (isEscaped(text, at)) continue
    if (text.charAt(at + 1) === '$') {
      found.add(at).add(at + 1)
      at += 1
      open = -1
    } else if (open >= 0 && /\S/.test(text.charAt(at - 1)) && !/\d/.test(text.charAt(at + 1))) {
      found.add(open).add(at)
      open = -1
    } else {
      open = /\S/.test(text.charAt(at + 1)) ? at : -1
    }
  }
  return found
}

/** Whether an odd number of backslashes stands before. Runs are looked at up to a bound that no real text reaches. */
function isEscaped(text: string, at: number): boolean {
  let start = at
  while (start > 0 && at - start < 64 && text.charAt(start - 1) === '\\') start -= 1
  return (at - start) % 2 === 1
}
