// The requests that are measured, as files for the load generators, in the order of a seeded shuffle. Every paper is asked
// for once before any is asked for a second time, and the runs that take turns go on where the one before ended: a cache of
// whole answers that holds less than the library is of no use to them.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRandom, shuffled } from './random.mjs'

const SEED = 7
export const FIELDS = 'title,abstract,score'
export const LIMIT = 11

export const similarPath = (at, more = '') => `/v1/papers/bench-${at}/similar?limit=${LIMIT}&fields=${FIELDS}${more}`

/** Numbers of the papers, shuffled. */
export const askingOrder = (size) =>
  shuffled(
    createRandom(SEED),
    Array.from({ length: size }, (_, at) => at),
  )

/** A file of requests with a place in it that moves on: `next()` is where the next run begins. */
export class RequestFile {
  #at = 0

  constructor({ dir, name, lines }) {
    this.path = join(dir, name)
    this.count = lines.length
    writeFileSync(this.path, `${lines.join('\n')}\n`)
  }

  get job() {
    return { file: this.path, first: this.#at }
  }

  took(requests) {
    this.#at = (this.#at + requests) % this.count
  }
}
