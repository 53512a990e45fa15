// Invented papers in any number: each abstract recombines sentences of real ones, and its vector is made of the vectors
// of some of its sentences, moved by seeded noise. Nothing of it was embedded as a whole, so the vectors of large sizes
// are perturbed real ones. The noise is such that neighbours are about as near to each other, and as hard to find for the
// graph, as those of real abstracts.
import { createRandom, gauss, pick } from './random.mjs'

const SENTENCES = 7
const LEAD = 3
const NOISE = 0.7
const YEARS = 12
const QUESTIONS_SEED = 23

export const CATEGORIES = { half: 0.5, tenth: 0.1, hundredth: 0.01, thousandth: 0.001 }

function unit(vector) {
  let sum = 0
  for (const value of vector) sum += value * value
  const norm = Math.sqrt(sum)
  return Float32Array.from(vector, (value) => value / norm)
}

/** The vector moved in a random direction, by `noise` of its length. */
export function perturbed(vector, { random, noise = NOISE }) {
  const scale = noise / Math.sqrt(vector.length)
  return unit(Float32Array.from(vector, (value) => value + scale * gauss(random)))
}

/** What an abstract is about: its first sentence most, two others less. */
export function blend(vectors, random) {
  const [first, second, third] = vectors
  const weight = random()
  return perturbed(
    first.map((value, at) => value + weight * second[at] + 0.3 * third[at]),
    { random },
  )
}

/** A category each, drawn by its share and from nothing else: filters of a known selectivity. */
function categoriesOf(random, count, at) {
  return Object.entries(CATEGORIES).flatMap(([name, share]) => {
    // Few papers hold the rarest one: it is dealt out rather than drawn, so that the smallest library has it too.
    const holds = share * count < 50 ? at % Math.round(1 / share) === 0 : random() < share
    return holds ? [name] : []
  })
}

/**
 * `count` papers that differ in title and abstract, the same for the same seed and material.
 * `material` is `{ titles, sentences: [{ text, vector }] }`.
 */
export function* inventPapers(count, { material, random, prefix = 'bench' }) {
  const { titles, sentences } = material
  const known = new Set()
  for (let at = 0; at < count; at += 1) {
    let parts
    let abstract
    do {
      parts = Array.from({ length: SENTENCES }, () => pick(random, sentences))
      abstract = parts.map(({ text }) => text).join(' ')
    } while (known.has(abstract))
    known.add(abstract)
    yield {
      id: `${prefix}-${at}`,
      title: `${pick(random, titles).split(' ').slice(0, 6).join(' ')} ${at}`,
      abstract,
      year: 2013 + Math.floor(random() * YEARS),
      categories: categoriesOf(random, count, at),
      vector: blend(
        parts.slice(0, LEAD).map(({ vector }) => vector),
        random,
      ),
    }
  }
}

/** Questions that were never asked: words of a title and of a sentence, and a number. */
export function inventQuestions(count, { titles, sentences }, seed = QUESTIONS_SEED) {
  const random = createRandom(seed)
  const words = (text, length) => text.split(' ').slice(0, length).join(' ')
  return Array.from(
    { length: count },
    (_, at) => `How does ${words(pick(random, titles), 5)} help ${words(pick(random, sentences).text, 6)} ${at}?`,
  )
}
