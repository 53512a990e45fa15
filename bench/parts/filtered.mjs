// Part `filtered`: `similar` among the papers of a category that holds a known share of the library, drawn by chance.
import { CATEGORIES } from '../corpus.mjs'
import { withServer } from '../kindred-server.mjs'
import { RequestFile, similarPath } from '../requests.mjs'
import { median, pairRatios } from '../stats.mjs'
import { atLeast, spreadText } from '../targets.mjs'
import { loadTurns, valuesOf, warmUp } from '../turns.mjs'
import { exactAnswers, kindredRecall } from './http-recall.mjs'

const CONNECTIONS = 16
const LENGTHS = {
  full: { rounds: 5, ms: 2_000, recallOf: 200, warm: { requests: 3_000, mostMs: 8_000 } },
  quick: { rounds: 2, ms: 1_000, recallOf: 60, warm: { requests: 1_000, mostMs: 4_000 } },
}
const percent = (share) => `${Number((100 * share).toPrecision(2))} %`
const filterOf = (name) => (name === 'all' ? '' : `&category=${name}`)

async function measure({ quick, log }, { server, dir, order }) {
  const { recallOf, warm, ...lengths } = quick ? LENGTHS.quick : LENGTHS.full
  const names = ['all', ...Object.keys(CATEGORIES)]
  const recalls = {}
  for (const name of names) {
    const exact = await exactAnswers(server.url, order.slice(0, recallOf), filterOf(name))
    recalls[name] = await kindredRecall(server.url, exact, filterOf(name))
  }
  const sides = names.map((name) => {
    const lines = order.map((at) => similarPath(at, filterOf(name)))
    return { ...server, name, requests: new RequestFile({ dir, name: `${name}.txt`, lines }) }
  })
  await warmUp(sides, { ...warm, connections: CONNECTIONS })
  log(`${lengths.rounds} turns over ${names.length} filters`)
  return { recalls, runs: await loadTurns(sides, { ...lengths, connections: CONNECTIONS }) }
}

function reportOf({ recalls, runs }, size) {
  const speeds = (name) => valuesOf(runs[name], 'perSecond')
  const ratioOf = (name) => pairRatios(speeds(name), speeds('all'))
  const shareOf = (name) => (name === 'all' ? 1 : CATEGORIES[name])
  const filters = Object.keys(CATEGORIES)
  return {
    tables: [
      {
        columns: ['papers that match', 'requests/s', 'of unfiltered', 'processor a request', 'recall@10'],
        rows: Object.keys(runs).map((name) => [
          percent(shareOf(name)),
          Math.round(median(speeds(name))),
          name === 'all' ? '' : spreadText(ratioOf(name)),
          `${median(valuesOf(runs[name], 'processorMs')).toFixed(2)} ms`,
          recalls[name].toFixed(4),
        ]),
      },
    ],
    targets: filters.flatMap((name) => [
      atLeast(`filter of ${percent(shareOf(name))}: recall@10`, 0.99, recalls[name]),
      atLeast(`filter of ${percent(shareOf(name))}: throughput / unfiltered`, 0.5, ratioOf(name)),
    ]),
    notes: [
      `${size} papers; \`similar\` with \`category=…\`, otherwise as above, ${CONNECTIONS} connections. Recall against exact search within the filter.`,
    ],
    data: { size, recalls, runs },
  }
}

export const filtered = {
  name: 'filtered',
  title: 'With a filter',
  run: (context) => withServer(context, async (place) => reportOf(await measure(context, place), place.lib.size)),
}
