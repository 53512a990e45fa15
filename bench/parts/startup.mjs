// Part `startup`: from the start of the process until `/readyz` misses nothing (the graph's checksum and links verified, the
// graph loaded), memory, and how the time of an answer grows with the library.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKindred } from '../kindred-server.mjs'
import { library } from '../library.mjs'
import { load } from '../load/load.mjs'
import { residentBytes } from '../processes.mjs'
import { askingOrder, RequestFile, similarPath } from '../requests.mjs'
import { median, pairRatios, takeTurns } from '../stats.mjs'
import { atMost, spreadText } from '../targets.mjs'

const READY_S = 10
const LARGE = 100_000
const MIB = 2 ** 20
const LENGTHS = { full: { rounds: 3, ms: 2_000 }, quick: { rounds: 2, ms: 1_000 } }

/** One start, some answers, and what the server then has in memory, with its embedding processes. */
async function startOnce(context, { indexDir, requests }, ms) {
  const { url, pid, readyMs, stop } = await startKindred({ ...context, indexDir })
  try {
    const { p50, p99, requests: asked } = await load({ url, ms, connections: 1, ...requests.job })
    requests.took(asked)
    return { readyMs, p50, p99, residentBytes: residentBytes(pid) }
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
    notes.push(`A paper takes ${kib} KiB of memory: the difference between the largest and the smallest library.`)
  }
  return {
    tables: [
      {
        columns: ['papers', 'ready after', 'memory', 'p50 of `similar`', 'p99'],
        rows: sizes.map((size) => [
          size,
          `${(median(values(size, 'readyMs')) / 1000).toFixed(2)} s`,
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
    const dir = mkdtempSync(join(tmpdir(), 'kindred-bench-'))
    const sides = await sidesOf(context, dir)
    try {
      context.log(`${rounds} turns over ${context.sizes.join(', ')} papers`)
      const runs = sides.map((side) => [side.size, () => startOnce(context, side, ms)])
      return reportOf(await takeTurns(rounds, Object.fromEntries(runs)), context.sizes)
    } finally {
      for (const { copy } of sides) copy.remove()
      rmSync(dir, { recursive: true, force: true })
    }
  },
}
