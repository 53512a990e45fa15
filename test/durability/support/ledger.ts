import { contentHash, type Draft } from './client.ts'

/** The content hash of a paper, null while it shall not be there. */
type State = string | null

export interface Findings {
  /** Acknowledged, and not as acknowledged. */
  readonly missing: readonly string[]
  readonly differing: readonly string[]
  /** Deleted, and there again. */
  readonly risen: readonly string[]
}

/**
 * What a client knows: the last acknowledged state of each paper, and those it has asked for since. After a crash a
 * paper is in one of these, whole. One paper is written by one client at a time.
 */
export class Ledger {
  readonly #acknowledged = new Map<string, State>()
  readonly #asked = new Map<string, State[]>()

  get ids(): string[] {
    return [...new Set([...this.#acknowledged.keys(), ...this.#asked.keys()])]
  }

  /** Papers that must be there. */
  get present(): string[] {
    return [...this.#acknowledged].flatMap(([id, state]) => (state === null || this.#asked.has(id) ? [] : [id]))
  }

  get size(): number {
    return this.#acknowledged.size
  }

  async writes(papers: readonly Draft[], request: () => Promise<number>): Promise<number> {
    return this.#track(
      papers.map((paper) => [paper.id, contentHash(paper)]),
      request,
    )
  }

  async removes(id: string, request: () => Promise<number>): Promise<number> {
    return this.#track([[id, null]], request)
  }

  async #track(states: readonly (readonly [string, State])[], request: () => Promise<number>): Promise<number> {
    for (const [id, state] of states) this.#asked.set(id, [...(this.#asked.get(id) ?? []), state])
    const status = await request()
    if (status >= 200 && status < 300) {
      for (const [id, state] of states) {
        this.#acknowledged.set(id, state)
        this.#asked.delete(id)
      }
    }
    return status
  }

  /** Compares with what is there, and takes over which of the possible states it is. */
  check(found: ReadonlyMap<string, State>): Findings {
    const findings = { missing: [] as string[], differing: [] as string[], risen: [] as string[] }
    for (const [id, state] of found) {
      const acknowledged = this.#acknowledged.get(id)
      const possible = [acknowledged ?? null, ...(this.#asked.get(id) ?? [])]
      if (possible.includes(state)) this.#acknowledged.set(id, state)
      else if (state === null) findings.missing.push(id)
      else findings[acknowledged === null ? 'risen' : 'differing'].push(id)
    }
    this.#asked.clear()
    return findings
  }
}

export const NOTHING_WRONG: Findings = { missing: [], differing: [], risen: [] }
