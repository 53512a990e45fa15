// Part `startup`: from the start of the process until `/readyz` misses nothing (the graph's checksum and links verified, the
// graph loaded), memory, and how the time of an answer grows with the library.

import { setTimeout as delay } from 'node:timers/promises'
import { startKindred } from '../kindred-server.mjs'
import { library } from '../library.mjs'
import { load } from '../load/load.mjs'
import { processorMs, residentBytes } from '../processes.mjs'
import { askingOrder, RequestFile, similarPath } from '../requests.mjs'
import { median, pairRatios, takeTurns } from '../stats.mjs'
import { atMost, spreadText } from '../targets.mjs'
import { tempDir } from '../temp-dir.mjs'

const READY_S = 10
const LARGE = 100_000
const MIB = 2 ** 20
const QUESTION = 'how do transformers handle long documents'
const LOOK_MS = 1_000
const MOST_LOOKS = 20
const LENGTHS = { full: { rounds: 3, ms: 2_000 }, quick: { rounds: 2, ms: 1_000 } }

/** What the server has in memory when it no longer grows: it reads the text index after it has become ready. */
async function settledMemory(pid) {
  let before = 0
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    await delay(LOOK_MS)
    const now = residentBytes(pid)
    if (Math.abs(now - before) < 0.01 * now) return now
    before = now
  }
  return before
}

/** One start, some answers, and what the server then has in memory, with its embedding processes. */
async function startOnce(context, { indexDir, requests }, ms) {
  const { url, pid, readyMs, stop } = await startKindred({ ...context, indexDir })
  try {
    const readyProcessorMs = processorMs(pid)
    const { p50, p99, requests: asked } = await load({ url, ms, connections: 1, ...requests.job })
    requests.took(asked)
    await fetch(`${url}/v1/search?q=${encodeURIComponent(QUESTION)}`)
    return { readyMs, readyProcessorMs, p50, p99, residentBytes: await settledMemory(pid) }
  } finally {
    await stop()
  }
}

async function sidesOf(context, dir) {
  const sides = []
  for (const size of context.sizes) {
    const lib = await library({ ...context, size })
    const lines = askingOrder(size).map((at) => similarPath(at))
    const copy = lib.copy()
    sides.push({ size, copy, indexDir: copy.dir, requests: new RequestFile({ dir, name: `${size}.txt`, lines }) })
  }
  return sides
}

function reportOf(runs, sizes) {
  const values = (size, name) => runs[size].map((run) => run[name])
  const [least] = sizes
  const most = sizes.at(-1)
  const memory = (size) => median(values(size, 'residentBytes'))
  const growth = pairRatios(values(most, 'p50'), values(least, 'p50'))
  const perPaper = (memory(most) - memory(least)) / (most - least)
  const notes = [
    `p50 of \`similar\` at one connection grows ${spreadText(growth)}-fold from ${least} to ${most} papers.`,
  ]
  if (most > least) {
    const kib = (perPaper / 1024).toFixed(1)
    notes.push(
      `Memory is that of the server and its embedding processes after a first question. A paper takes ${kib} KiB: the difference between the largest and the smallest library.`,
    )
  }
  return {
    tables: [
      {
        columns: ['papers', 'ready after', 'processor until then', 'memory', 'p50 of `similar`', 'p99'],
        rows: sizes.map((size) => [
          size,
          `${(median(values(size, 'readyMs')) / 1000).toFixed(2)} s`,
          `${(median(values(size, 'readyProcessorMs')) / 1000).toFixed(2)} s`,
          `${Math.round(memory(size) / MIB)} MiB`,
          `${median(values(size, 'p50')).toFixed(2)} ms`,
          `${median(values(size, 'p99')).toFixed(2)} ms`,
        ]),
      },
    ],
    targets: sizes.includes(LARGE)
      ? [atMost(`start: ${LARGE} papers ready, seconds`, READY_S, median(values(LARGE, 'readyMs')) / 1000)]
      : [],
    notes,
    data: { sizes, runs, perPaperBytes: perPaper },
  }
}

export const startup = {
  name: 'startup',
  title: 'Start, memory, growth',
  async run(context) {
    const { rounds, ms } = context.quick ? LENGTHS.quick : LENGTHS.full
    const { dir, remove } = tempDir()
    const sides = await sidesOf(context, dir)
    try {
      context.log(`${rounds} turns over ${context.sizes.join(', ')} papers`)
      const runs = sides.map((side) => [side.size, () => startOnce(context, side, ms)])
      return reportOf(await takeTurns(rounds, Object.fromEntries(runs)), context.sizes)
    } finally {
      for (const { copy } of sides) copy.remove()
      remove()
    }
  },
}
