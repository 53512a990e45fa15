// Part `services`: what each service costs beyond the embedding, called in this process without HTTP; the texts' vectors
// are known. All calls take turns.
import { inventQuestions, perturbed } from '../corpus.mjs'
import { moduleOf } from '../dist.mjs'
import { library } from '../library.mjs'
import { loadMaterial } from '../material.mjs'
import { createRandom, pick } from '../random.mjs'
import { mean, median, quantile } from '../stats.mjs'

const QUESTIONS = 100
const SEEDS = 6
/** Long enough for another thread to read the text index into memory. */
const LENGTHS = { full: { rounds: 200, warmUpMs: 8_000 }, quick: { rounds: 30, warmUpMs: 3_000 } }

async function modulesOf(dist) {
  const load = (path) => moduleOf(dist, path)
  const [index, query, recommend, context, verify] = await Promise.all([
    load('index.js'),
    load('domain/query.js'),
    load('domain/recommend.js'),
    load('domain/context.js'),
    load('domain/verify.js'),
  ])
  return { ...index, ...query, ...recommend, ...context, ...verify }
}

/** What is measured, by name: each a call for one turn, with papers and texts of its own. */
function callsOf(api, deps, { questions, sentences, size }) {
  const question = (round) => questions[round % questions.length]
  const idOf = (place) => `bench-${(place * 61) % size}`
  const seeds = (round) => Array.from({ length: SEEDS }, (_, at) => idOf(SEEDS * round + at))
  const quote = (round) => sentences[(round * 7) % sentences.length].text
  const search = (mode) => (round) => api.searchPapers(deps, api.SearchRequest.parse({ query: question(round), mode }))
  const similar = (more) => (round) => api.similarPapers(deps, api.SimilarRequest.parse({ id: idOf(round), ...more }))
  const verify = (text) => api.verifyAnswer(deps, api.VerifyRequest.parse({ quotes: [text] }))
  return {
    'search, dense': search('dense'),
    'search, lexical': search('lexical'),
    'search, hybrid': search('hybrid'),
    similar: similar({}),
    'similar, hybrid': similar({ mode: 'hybrid' }),
    'recommend, multiInterest': (round) => api.recommend(deps, api.RecommendRequest.parse({ positive: seeds(round) })),
    context: (round) => api.buildContext(deps, api.ContextRequest.parse({ query: question(round) })),
    'verify, a true quote': (round) => verify(quote(round)),
    'verify, an invented one': (round) => verify(quote(round).split(' ').reverse().join(' ')),
  }
}

async function turns(calls, { rounds, warmUpMs = 0 }) {
  const measured = Object.fromEntries(Object.keys(calls).map((name) => [name, []]))
  const startedAt = performance.now()
  for (let round = 0; round < rounds || performance.now() - startedAt < warmUpMs; round += 1) {
    for (const [name, call] of Object.entries(calls)) {
      const [start, processor] = [performance.now(), process.cpuUsage()]
      await call(round)
      measured[name].push({ ms: performance.now() - start, processorMs: process.cpuUsage(processor).user / 1000 })
    }
    // The thread hands over what it read between two turns.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return measured
}

/** Vectors of sentences for whatever is asked, moved: what is left is the service itself. */
function knownVectors({ sentences }) {
  const random = createRandom(31)
  return async (texts) => texts.map(() => perturbed(pick(random, sentences).vector, { random }))
}

function reportOf(measured, size) {
  const rows = Object.entries(measured).map(([name, calls]) => {
    const times = calls.map(({ ms }) => ms)
    const cells = [
      quantile(times, 0.1),
      median(times),
      quantile(times, 0.99),
      mean(calls.map((one) => one.processorMs)),
    ]
    return [name, ...cells.map((value) => `${value.toFixed(2)} ms`)]
  })
  const figures = Object.fromEntries(rows.map(([name, ...cells]) => [name, cells]))
  return {
    tables: [{ columns: ['service', 'fastest tenth', 'p50', 'p99', 'processor a call'], rows }],
    targets: [],
    notes: [
      `${size} papers, in one process, without HTTP and without the embedding. Words of some hundred real abstracts stand in far more of the invented papers than they would in a library, which is hard on the words' side.`,
    ],
    data: { size, figures },
  }
}

export const services = {
  name: 'services',
  title: 'Services, beyond the embedding',
  async run(context) {
    const { dist, model, mainSize: size, quick, log } = context
    const material = await loadMaterial(context)
    const api = await modulesOf(dist)
    const { dir: indexDir, remove } = (await library({ ...context, size })).copy()
    const kindred = await api.openKindred(
      api.loadConfig({ flags: { indexDir, ...(model && { model }) }, env: {} }).config,
    )
    try {
      const deps = { ...kindred.deps, embedder: { ...kindred.deps.embedder, embed: knownVectors(material) } }
      const questions = inventQuestions(QUESTIONS, material)
      const calls = callsOf(api, deps, { questions, sentences: material.sentences, size })
      const { rounds, warmUpMs } = quick ? LENGTHS.quick : LENGTHS.full
      await turns(calls, { rounds: 5, warmUpMs })
      log(`${rounds} turns over ${Object.keys(calls).length} calls`)
      return reportOf(await turns(calls, { rounds }), size)
    } finally {
      await kindred.close()
      remove()
    }
  },
}
