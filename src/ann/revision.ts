/** FNV-1a, 32 bits (Fowler, Noll and Vo, RFC 9923). */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash >>> 0
}

/** The number of a state, worked out anew only where a part of it has changed. */
export class Revision {
  #parts: readonly unknown[] = []
  #number = 0

  /** Parts that JSON can tell apart; equal parts give the same number in each process. */
  of(parts: readonly unknown[]): number {
    if (parts.length === this.#parts.length && parts.every((part, at) => Object.is(part, this.#parts[at])))
      return this.#number
    this.#parts = parts
    this.#number = fnv1a(JSON.stringify(parts))
    return this.#number
  }
}
