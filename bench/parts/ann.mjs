// Part `ann`: the index alone. What width finds how much in what time, through the door that services use; exact search;
// and other engines over the same vectors where they are installed.
import { fileURLToPath } from 'node:url'
import { moduleOf } from '../dist.mjs'
import { library } from '../library.mjs'
import { pythonOf, startPython } from '../peers/python.mjs'
import { createRandom, shuffled } from '../random.mjs'
import { mean, median, pairRatios, takeTurns } from '../stats.mjs'
import { atLeast, spreadText } from '../targets.mjs'

const ENGINES = fileURLToPath(new URL('../peers/engines.py', import.meta.url))
const EFS = [10, 16, 24, 32, 40, 48, 64, 96, 128]
const DEFAULT_EF = 64
const K = 10
const SEED = 11
const LENGTHS = {
  full: { rounds: 5, queries: 300, exact: 30, warmUpMs: 5_000 },
  quick: { rounds: 3, queries: 150, exact: 15, warmUpMs: 500 },
}

/** The index of a library, asked by the number of a paper; answers are numbers too, the paper itself among them. */
async function openIndex({ dist, model }, lib, indexDir) {
  const { loadConfig, openKindred } = await moduleOf(dist, 'index.js')
  const flags = { indexDir, ...(model && { model }) }
  const kindred = await openKindred(loadConfig({ flags, env: {} }).config)
  const { index, store } = kindred.deps
  const vectors = lib.vectors()
  const ids = vectors.map((_, at) => `bench-${at}`)
  const keys = (await store.get(ids)).map(({ key }) => key)
  const places = new Map(keys.map((key, at) => [key, at]))
  const ask = (at, how) => index.search({ vector: vectors[at], limit: K + 1, ...how })
  async function run(queries, how) {
    const [us, ids] = [[], []]
    for (const at of queries) {
      const startedAt = performance.now()
      const { neighbours } = await ask(at, how)
      us.push(1000 * (performance.now() - startedAt))
      ids.push(neighbours.map(({ key }) => places.get(key)))
    }
    return { us, ids }
  }
  return { run, close: () => kindred.close() }
}

const withoutSelf = (ids, at) => ids.filter((id) => id !== at).slice(0, K)

function recallOf({ ids }, queries, exact) {
  const shares = queries.map((at, place) => {
    const wanted = exact.get(at)
    const found = withoutSelf(ids[place], at)
    return wanted.filter((id) => found.includes(id)).length / wanted.length
  })
  return mean(shares)
}

/** Runs of every engine at every width, in turn. */
async function curve({ engines, queries, exact, rounds, warmUpMs }) {
  const runs = EFS.flatMap((ef) =>
    Object.entries(engines).map(([name, run]) => [
      `${name} ${ef}`,
      async () => {
        const result = await run(queries, { ef })
        return { us: median(result.us), recall: recallOf(result, queries, exact) }
      },
    ]),
  )
  // For nothing: code is compiled, memory read, and another thread reads the text index.
  const startedAt = performance.now()
  do await takeTurns(1, Object.fromEntries(runs))
  while (performance.now() - startedAt < warmUpMs)
  return takeTurns(rounds, Object.fromEntries(runs))
}

const usOf = (runs) => runs.map(({ us }) => us)

function enginesTable({ size, measured, names }) {
  const ours = (ef) => usOf(measured[`kindred ${ef}`])
  const cells = (name, ef) => {
    const runs = measured[`${name} ${ef}`]
    const ratio = name === 'kindred' ? '' : ` · ${spreadText(pairRatios(ours(ef), usOf(runs)))}`
    return `${runs[0].recall.toFixed(4)} · ${Math.round(median(usOf(runs)))} µs${ratio}`
  }
  return {
    title: `${size} papers: recall@10 and median time of a query by width (ef); for other engines also Kindred's over theirs.`,
    columns: ['ef', ...names],
    rows: EFS.map((ef) => [ef, ...names.map((name) => cells(name, ef))]),
  }
}

async function openEngines({ peersDir, log }, lib) {
  const python = pythonOf(peersDir)
  if (!python) {
    log(`no Python in ${peersDir}: other engines are left out`)
    return { names: [], runs: {}, stop: async () => undefined }
  }
  log('building the graphs of other engines, or loading them')
  const {
    first: names,
    ask,
    stop,
  } = await startPython(python, [ENGINES, lib.vectorsFile, String(lib.size), lib.folder])
  const run =
    (engine) =>
    (queries, { ef }) =>
      ask({ engine, ef: ef ?? 0, queries })
  return { names, runs: Object.fromEntries(names.map((name) => [name, run(name)])), stop }
}

/** Exact answers, by the number of the paper. */
async function exactAnswers(index, queries) {
  const { ids } = await index.run(queries, { exact: true })
  return new Map(queries.map((at, place) => [at, withoutSelf(ids[place], at)]))
}

async function measureSize(context, size, { compare }) {
  const { rounds, queries: count, exact: timed, warmUpMs } = context.quick ? LENGTHS.quick : LENGTHS.full
  const lib = await library({ ...context, size })
  const copy = lib.copy()
  const index = await openIndex(context, lib, copy.dir)
  const others = compare ? await openEngines(context, lib) : { names: [], runs: {}, stop: async () => undefined }
  try {
    const all = Array.from({ length: size }, (_, at) => at)
    const queries = shuffled(createRandom(SEED), all).slice(0, count)
    context.log(`${size} papers: exact search`)
    const exact = await exactAnswers(index, queries)
    const { numpy, ...graphs } = others.runs
    context.log(`${size} papers: ${rounds} turns over ${['kindred', ...Object.keys(graphs)].join(', ')}`)
    const measured = await curve({ engines: { kindred: index.run, ...graphs }, queries, exact, rounds, warmUpMs })
    const few = queries.slice(0, timed)
    const scans = { kindred: async () => median((await index.run(few, { exact: true })).us) }
    if (numpy) scans.numpy = async () => median((await numpy(few, {})).us)
    return {
      size,
      measured,
      names: ['kindred', ...Object.keys(graphs)],
      scans: await takeTurns(rounds, scans),
    }
  } finally {
    await index.close()
    await others.stop()
    copy.remove()
  }
}

function sizesTable(results) {
  return {
    title: 'By size, at ef 64.',
    columns: ['papers', 'recall@10', 'a query', 'exact search', 'exact search by numpy'],
    rows: results.map(({ size, measured, scans }) => {
      const runs = measured[`kindred ${DEFAULT_EF}`]
      const numpy = scans.numpy ? `${(median(scans.numpy) / 1000).toFixed(2)} ms` : ''
      const cells = [runs[0].recall.toFixed(4), `${Math.round(median(usOf(runs)))} µs`]
      return [size, ...cells, `${(median(scans.kindred) / 1000).toFixed(2)} ms`, numpy]
    }),
  }
}

export const ann = {
  name: 'ann',
  title: 'The index alone',
  async run(context) {
    const results = []
    for (const size of context.sizes)
      results.push(await measureSize(context, size, { compare: size === context.mainSize }))
    const main = results.find(({ size }) => size === context.mainSize)
    const recall = main.measured[`kindred ${DEFAULT_EF}`][0].recall
    return {
      tables: [enginesTable(main), sizesTable(results)],
      targets: [atLeast('index: recall@10 at ef 64', 0.99, recall)],
      notes: [
        'A query is for the 11 nearest of a paper that is in the index, one after the other, on one thread: Kindred by `index.search` of the library that services use, the others as one calls them from Python. M 16, efConstruction 200, 32-bit floats, inner product; numpy is one product of a matrix and a vector.',
      ],
      data: results,
    }
  },
}
