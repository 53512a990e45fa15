import { openKernel } from '../disk/kernel.ts'

/** The functions of kernel/scores.ts; see there. */
interface Kernel {
  add(rows: number, values: number, count: number): void
  survey(highest: number, blocks: number): number
}

const [WORD, DOUBLE, PAGE] = [4, 8, 65_536]
/** What a wasm memory can address. */
const MOST_PAGES = 65_536
/** Rows of which the kernel finds the highest score. */
export const BLOCK = 64

/** What a word adds to the scores of rows: a value each. */
export interface Addends {
  readonly rows: Uint32Array
  readonly values: Float64Array
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to

/** Scores by row, and lists of what is added to them, where the kernel reaches them. It grows in place. */
export class ScoreMemory {
  readonly #memory = new WebAssembly.Memory({ initial: 1, maximum: MOST_PAGES, shared: true })
  readonly #kernel = openKernel<Kernel>('#score-kernel', this.#memory)
  #blocks = 0
  /** Where lists begin, and where the next one goes. */
  #firstList = 0
  #end = 0
  /** By row; those of rows beyond the last are zero. */
  scores: Float64Array = new Float64Array(0)
  /** By block. */
  highest: Float64Array = new Float64Array(0)

  /** Forgets everything, and makes room for so many rows. */
  reset(rows: number): void {
    this.#blocks = Math.max(1, Math.ceil(rows / BLOCK))
    const scores = this.#blocks * BLOCK * DOUBLE
    this.#firstList = scores + this.#blocks * DOUBLE
    this.#reserve(this.#firstList)
    this.scores = new Float64Array(this.#memory.buffer, 0, this.#blocks * BLOCK)
    this.highest = new Float64Array(this.#memory.buffer, scores, this.#blocks)
    this.forget()
  }

  /** Forgets the lists. */
  forget(): void {
    this.#end = this.#firstList
  }

  /** Room for a list. */
  list(count: number): Addends {
    const values = roundUp(this.#end, DOUBLE)
    const rows = values + count * DOUBLE
    this.#end = rows + count * WORD
    this.#reserve(this.#end)
    const { buffer } = this.#memory
    return { rows: new Uint32Array(buffer, rows, count), values: new Float64Array(buffer, values, count) }
  }

  clear(): void {
    this.scores.fill(0)
  }

  add({ rows, values }: Addends): void {
    this.#kernel.add(rows.byteOffset, values.byteOffset, rows.length)
  }

  /** Fills in `highest`, and returns how many rows have a score. */
  survey(): number {
    return this.#kernel.survey(this.highest.byteOffset, this.#blocks)
  }

  /** By doubling, which costs nothing before it is written to. */
  #reserve(bytes: number): void {
    const [now, needed] = [this.#memory.buffer.byteLength / PAGE, Math.ceil(bytes / PAGE)]
    if (needed > now) this.#memory.grow(Math.max(needed, Math.min(2 * now, MOST_PAGES)) - now)
  }
}
