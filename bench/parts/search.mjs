// Part `search`: questions in natural language over HTTP, one connection. A new question is embedded by the model; one
// that was asked before may find its vector kept, but not its answer, because its `minScore` differs each time by a
// millionth, which leaves nothing out.
import { inventQuestions } from '../corpus.mjs'
import { withServer } from '../kindred-server.mjs'
import { loadMaterial, withEmptyKindred } from '../material.mjs'
import { FIELDS, LIMIT, RequestFile, similarPath } from '../requests.mjs'
import { median, pairRatios, spread, takeTurns } from '../stats.mjs'
import { atMost, spreadText } from '../targets.mjs'
import { loadTurns, valuesOf, warmUp } from '../turns.mjs'

const NEW = 30_000
const ASKED_BEFORE = 100
const EMBEDDED_ALONE = 60
/** Short turns, many of them: one connection's times change within seconds, with how soon a processor wakes up. */
const LENGTHS = { full: { rounds: 15, ms: 800 }, quick: { rounds: 3, ms: 800 } }
/** Of `similar`, which the others are compared with: it comes first. */
const WARM = { requests: 4_000, mostMs: 10_000, connections: 16 }
const MODES = ['hybrid', 'dense']

const searchPath = (query, mode, minScore = 0) =>
  `/v1/search?q=${encodeURIComponent(query)}&mode=${mode}&limit=${LIMIT}&fields=${FIELDS}&minScore=${minScore.toFixed(6)}`

function sidesOf({ server, dir, order }, questions) {
  const known = questions.slice(0, ASKED_BEFORE)
  const fresh = questions.slice(ASKED_BEFORE)
  const side = (name, lines) => ({ ...server, name, requests: new RequestFile({ dir, name: `${name}.txt`, lines }) })
  const again = (mode) =>
    Array.from({ length: NEW }, (_, at) => searchPath(known[at % known.length], mode, (at + 1) / 1e6))
  const half = fresh.length / MODES.length
  return [
    side(
      'similar',
      order.map((at) => similarPath(at)),
    ),
    ...MODES.flatMap((mode, at) => [
      side(`${mode} again`, again(mode)),
      side(
        `${mode} new`,
        fresh.slice(at * half, (at + 1) * half).map((query) => searchPath(query, mode)),
      ),
    ]),
  ]
}

/** The embedder alone, which has a process of its own as in the server. */
function embeddings(kindred, questions) {
  let asked = 0
  return async () => {
    const times = []
    for (let n = 0; n < EMBEDDED_ALONE; n += 1) {
      const startedAt = performance.now()
      await kindred.deps.embedder.embed([`${questions[asked % questions.length]} ${asked}`], 'query')
      times.push(performance.now() - startedAt)
      asked += 1
    }
    return median(times)
  }
}

async function measure(context, place, kindred) {
  const lengths = context.quick ? LENGTHS.quick : LENGTHS.full
  const questions = inventQuestions(NEW + ASKED_BEFORE, await loadMaterial(context))
  const sides = sidesOf(place, questions)
  for (const mode of MODES)
    for (const query of questions.slice(0, ASKED_BEFORE)) await fetch(place.server.url + searchPath(query, mode))
  const embed = embeddings(kindred, questions)
  const one = (side) => async () =>
    (await loadTurns([side], { rounds: 1, ms: lengths.ms, connections: 1 }))[side.name][0]
  const runs = { embedding: embed, ...Object.fromEntries(sides.map((side) => [side.name, one(side)])) }
  await warmUp(sides.slice(0, 1), WARM)
  await takeTurns(1, runs)
  context.log(`${lengths.rounds} turns over ${Object.keys(runs).join(', ')}`)
  return takeTurns(lengths.rounds, runs)
}

function reportOf({ embedding, ...runs }, size) {
  const p50 = (name) => valuesOf(runs[name], 'p50')
  const beyond = (mode) => spread(p50(`${mode} new`).map((value, at) => value - embedding[at]))
  const names = {
    similar: '`similar`',
    ...Object.fromEntries(MODES.map((mode) => [`${mode} again`, `search, ${mode}, asked before`])),
    ...Object.fromEntries(MODES.map((mode) => [`${mode} new`, `search, ${mode}, new question`])),
  }
  const rows = Object.entries(names).map(([name, text]) => {
    const ratio = name === 'similar' ? '' : spreadText(pairRatios(p50(name), p50('similar')))
    const more = valuesOf(runs[name], 'p99')
    return [text, `${median(p50(name)).toFixed(2)} ms`, ratio, `${median(more).toFixed(2)} ms`]
  })
  return {
    tables: [
      {
        columns: ['one connection', 'p50', 'of `similar`', 'p99'],
        rows: [...rows, ['embedding of a question, alone', `${median(embedding).toFixed(2)} ms`, '', '']],
      },
    ],
    targets: MODES.flatMap((mode) => [
      atMost(
        `search, ${mode}, cached query vector: p50 / similar's`,
        2,
        pairRatios(p50(`${mode} again`), p50('similar')),
      ),
      atMost(`search, ${mode}, new question: p50 beyond the embedding, ms`, 2, beyond(mode)),
    ]),
    notes: [
      `${size} papers. New questions are asked once; those asked before are ${ASKED_BEFORE}, each time with another \`minScore\` (by a millionth), so that a kept answer does not serve.`,
    ],
    data: { size, embedding, runs },
  }
}

export const search = {
  name: 'search',
  title: 'Questions',
  run: (context) =>
    withServer(context, (place) => {
      const work = async (kindred) => reportOf(await measure(context, place, kindred), place.lib.size)
      return withEmptyKindred(context.dist, work, context.model ? { model: context.model } : {})
    }),
}
