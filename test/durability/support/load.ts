import { createRandom, pick } from '../../support/random.ts'
import { type Draft, drop, send } from './client.ts'
import type { Ledger } from './ledger.ts'
import { draft } from './papers.ts'

interface LoadOptions {
  readonly url: string
  readonly seed: number
  /** Ids of this client's papers begin with it; no other client may touch them. */
  readonly prefix: string
  readonly ledger: Ledger
  readonly onAnswer?: (status: number) => void
}

const MOST_AT_ONCE = 40

/** One client: adds batches of papers, changes and deletes some of its own, one request after the other. */
class Client {
  readonly #options: LoadOptions
  readonly #random: () => number
  readonly #own: string[] = []
  #made = 0

  constructor(options: LoadOptions) {
    this.#options = options
    this.#random = createRandom(options.seed)
  }

  /** Until an answer fails to come. */
  async run(): Promise<void> {
    for (;;) {
      const status = await this.#request()
      this.#options.onAnswer?.(status)
      if (status === 0) return
    }
  }

  #request(): Promise<number> {
    const { ledger, url } = this.#options
    const choice = this.#random()
    if (this.#own.length > 0 && choice < 0.1) {
      const [id = ''] = this.#own.splice(Math.floor(this.#random() * this.#own.length), 1)
      return ledger.removes(id, () => drop(url, id))
    }
    const papers = this.#own.length > 0 && choice < 0.3 ? [this.#revised()] : this.#fresh()
    return ledger.writes(papers, () => send(url, papers))
  }

  #revised(): Draft {
    this.#made += 1
    return draft(this.#random, pick(this.#random, this.#own), this.#made)
  }

  #fresh(): Draft[] {
    const count = 1 + Math.floor(this.#random() * MOST_AT_ONCE)
    const papers = Array.from({ length: count }, () => {
      this.#made += 1
      return draft(this.#random, `${this.#options.prefix}-${this.#made}`)
    })
    this.#own.push(...papers.map(({ id }) => id))
    return papers
  }
}

/** Resolves when the server no longer answers. */
export const runClient = (options: LoadOptions): Promise<void> => new Client(options).run()
