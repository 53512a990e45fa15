// recall@10 of what servers answer: how many of the ten nearest, by exact search over HTTP, are among the first ten.
import { FIELDS } from '../requests.mjs'
import { mean } from '../stats.mjs'

const K = 10
const WANTED = 0.99
const pathOf = (at, more) => `/v1/papers/bench-${at}/similar?limit=${K}&fields=${FIELDS}${more}`

async function idsOf(url, at, more = '') {
  const { data } = await (await fetch(url + pathOf(at, more))).json()
  return data.map(({ id }) => id)
}

const shareOf = (found, wanted) => wanted.filter((id) => found.includes(id)).length / wanted.length

/** Exact answers to these papers, by number. */
export async function exactAnswers(url, order, filter = '') {
  const answers = new Map()
  for (const at of order) answers.set(at, await idsOf(url, at, `${filter}&exact=true`))
  return answers
}

async function recallOf(exact, ask) {
  const shares = []
  for (const [at, wanted] of exact) {
    const found = (await ask(at)).filter((id) => id !== `bench-${at}`).slice(0, K)
    shares.push(shareOf(found, wanted))
  }
  return mean(shares)
}

/** Recall of the server's own answers. */
export const kindredRecall = (url, exact, filter = '') => recallOf(exact, (at) => idsOf(url, at, filter))

/** Gives a peer the narrowest of its widths that finds as much as is asked for. */
export async function tuned(peer, exact) {
  let found
  for (const ef of peer.efSteps) {
    await peer.setEf(ef)
    found = { ef, recall: await recallOf(exact, peer.neighbours) }
    if (found.recall >= WANTED) break
  }
  return found
}
