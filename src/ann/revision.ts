/** FNV-1a, 32 bits (Fowler, Noll and Vo, RFC 9923). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** What was worked out of some parts, until one of them is another. */
export class Remembered<Value> {
  #last: { readonly parts: readonly unknown[]; readonly value: Value } | null = null

  of(parts: readonly unknown[], work: () => Value): Value {
    const last = this.#last
    if (last?.parts.length === parts.length && parts.every((part, at) => Object.is(part, last.parts[at]))) {
      return last.value
    }
    const value = work()
    this.#last = { parts, value }
    return value
  }
}

/** The number of a state. Parts that JSON can tell apart; equal parts give the same number in each process. */
export const revisionOf = (parts: readonly unknown[]): number => fnv1a(JSON.stringify(parts))
