import { expect, it } from 'vitest'
import { List } from '../../src/domain/query.ts'
import { createRandom, pick } from '../support/random.ts'
import { tempDir } from '../support/temp-dir.ts'
import { type OpenApp, openApp } from './support/app.ts'
import type { Draft } from './support/client.ts'
import { measured, TEST_TIMEOUT_MS, times } from './support/full.ts'
import { draft } from './support/papers.ts'

const SEEDS = Array.from({ length: times(2, 20) }, (_, at) => at + 1)
const OPERATIONS = times(2_000, 10_000)
const YEARS = 6
/** So that every year fits into one answer. */
const MOST = 300
const LIMIT = 100

interface Known extends Draft {
  readonly year: number
}

/** An index beside a map of what must be in it. */
class Twins {
  readonly #random: () => number
  readonly #dir: string
  readonly #known = new Map<string, Known>()
  #app: OpenApp
  #made = 0
  /** How often each operation was done. */
  readonly done: Record<string, number> = {}

  private constructor(seed: number, dir: string, app: OpenApp) {
    this.#random = createRandom(seed)
    this.#dir = dir
    this.#app = app
  }

  static async open(seed: number): Promise<Twins> {
    const dir = tempDir()
    return new Twins(seed, dir, await openApp(dir))
  }

  close(): Promise<void> {
    return this.#app.kindred.close()
  }

  async step(): Promise<void> {
    const name = this.#choose()
    this.done[name] = (this.done[name] ?? 0) + 1
    await OPERATIONS_OF[name](this)
  }

  #choose(): Operation {
    const choice = this.#random()
    if (choice < 0.002) return 'restart'
    if (choice < 0.01) return 'save'
    if (this.#known.size === 0 || choice < 0.3) return this.#known.size < MOST ? 'put' : 'remove'
    if (choice < 0.45) return 'change'
    if (choice < 0.6) return 'remove'
    return choice < 0.75 ? 'similar' : choice < 0.9 ? 'filter' : 'lexical'
  }

  /** An id that is new or was deleted once. */
  async put(): Promise<void> {
    const id = `m-${Math.floor(this.#random() * 2 * MOST)}`
    await this.#write(id)
  }

  change = (): Promise<void> => this.#write(this.#any().id)

  async remove(): Promise<void> {
    const { id } = this.#any()
    expect((await this.#app.remove(`/v1/papers/${id}`)).status).toBe(204)
    this.#known.delete(id)
    expect((await this.#app.get(`/v1/papers/${id}`)).status).toBe(404)
  }

  async similar(): Promise<void> {
    const { id, title, abstract } = this.#any()
    const ids = await this.#list('/v1/similar', { title, abstract })
    expect(ids[0]).toBe(id)
    expect(new Set(ids).size).toBe(Math.min(LIMIT, this.#known.size))
    expect(ids.filter((each) => !this.#known.has(each))).toEqual([])
  }

  async filter(): Promise<void> {
    const year = 2000 + Math.floor(this.#random() * YEARS)
    const { title, abstract } = this.#any()
    const ids = await this.#list('/v1/similar', { title, abstract, filter: { year } })
    const those = [...this.#known.values()].filter((paper) => paper.year === year).map(({ id }) => id)
    expect(ids.sort()).toEqual(those.sort())
  }

  async lexical(): Promise<void> {
    const { id, title } = this.#any()
    const ids = await this.#list('/v1/search', { query: title, mode: 'lexical' })
    expect(ids[0]).toBe(id)
    expect(ids.filter((each) => !this.#known.has(each))).toEqual([])
  }

  save = (): Promise<void> => this.#app.kindred.deps.index.snapshot()

  async restart(): Promise<void> {
    await this.close()
    this.#app = await openApp(this.#dir)
    expect(await this.#app.kindred.deps.index.verify()).toMatchObject({ ok: true, vectors: this.#known.size })
  }

  #any(): Known {
    return pick(this.#random, [...this.#known.values()])
  }

  async #write(id: string): Promise<void> {
    this.#made += 1
    const paper = { ...draft(this.#random, id, this.#made), year: 2000 + Math.floor(this.#random() * YEARS) }
    const response = await this.#app.post('/v1/papers', [paper])
    const one = this.#known.has(id) ? { added: 0, updated: 1 } : { added: 1, updated: 0 }
    expect(await response.json()).toEqual({ ...one, unchanged: 0, embedded: 1, rejected: [] })
    this.#known.set(id, paper)
  }

  async #list(path: string, body: object): Promise<string[]> {
    const response = await this.#app.post(path, { ...body, limit: LIMIT, exact: true })
    return List.parse(await response.json()).data.map(({ id }) => id)
  }
}

const OPERATIONS_OF = {
  put: (twins: Twins) => twins.put(),
  change: (twins: Twins) => twins.change(),
  remove: (twins: Twins) => twins.remove(),
  similar: (twins: Twins) => twins.similar(),
  filter: (twins: Twins) => twins.filter(),
  lexical: (twins: Twins) => twins.lexical(),
  save: (twins: Twins) => twins.save(),
  restart: (twins: Twins) => twins.restart(),
}
type Operation = keyof typeof OPERATIONS_OF

it.each(SEEDS)(
  `holds what a map holds, over ${OPERATIONS} random operations and restarts (seed %i)`,
  async (seed) => {
    const twins = await Twins.open(seed)
    for (let n = 0; n < OPERATIONS; n += 1) await twins.step()
    await twins.restart()
    await twins.close()
    measured('B20 operations against a map', { seed, operations: OPERATIONS, ...twins.done })
  },
  TEST_TIMEOUT_MS,
)
