// Part `scale`: a million vectors at index level: built, loaded with every check, asked. In a process of its own, because of
// the memory. Only on request (`--only scale`): the build takes half an
// hour or so of one thread. `--sizes` gives another number.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startProcess } from '../processes.mjs'

const PROGRAM = fileURLToPath(new URL('../scale-index.mjs', import.meta.url))
const COUNTS = { full: 1_000_000, quick: 50_000 }
const PROBE = 20_000
/** Of the build; what does not fit is computed instead. */
const BUDGET_MS = 60 * 60_000
const GIB = 2 ** 30

async function runIndex({ dist, cache, model }, count) {
  let result
  const onLine = (line) => {
    result = JSON.parse(line)
  }
  const args = ['--max-old-space-size=8192', PROGRAM, JSON.stringify({ dist, cache, model, count })]
  const [code] = await once(startProcess(process.execPath, args, { shown: true, onLine }).child, 'close')
  if (!result) throw new Error(`the index of ${count} vectors ended with ${code}`)
  return result
}

/** A build takes about n log n: each point is searched for in a graph that grows. */
const buildMsOf = (count, probe) => (probe.buildMs * count * Math.log(count)) / (probe.count * Math.log(probe.count))

/** The most that the budget allows, in halves of what is wanted. */
function affordable(wanted, probe) {
  let count = wanted
  while (count > PROBE && buildMsOf(count, probe) > BUDGET_MS) count = Math.floor(count / 2)
  return count
}

function rowOf({ count, buildMs, openMs, us, exactMs, recall, residentBytes, fileBytes }) {
  const gib = (bytes) => `${(bytes / GIB).toFixed(2)} GiB`
  return [
    count,
    `${(buildMs / 60_000).toFixed(1)} min`,
    `${(openMs / 1000).toFixed(1)} s`,
    gib(residentBytes),
    gib(fileBytes),
    `${Math.round(us)} µs`,
    `${exactMs.toFixed(1)} ms`,
    recall.toFixed(4),
  ]
}

export const scale = {
  name: 'scale',
  title: 'Scale, at index level',
  async run(context) {
    const { full, quick } = COUNTS
    const wanted = context.sizesGiven ? context.sizes.at(-1) : context.quick ? quick : full
    context.log(`${PROBE} vectors first`)
    const probe = await runIndex(context, PROBE)
    const count = affordable(wanted, probe)
    context.log(`${count} vectors, about ${Math.round(buildMsOf(count, probe) / 60_000)} minutes`)
    const large = await runIndex(context, count)
    const notes = [
      'Vectors are made as those of the invented papers, 384 components. Opened is: every vector read, the checksum and the links of the graph verified, the graph loaded. Memory is that of the whole process, with the vectors twice (the graph, and the block that exact search reads) and once more in the source that stands for the database here.',
    ]
    if (count < wanted)
      notes.push(
        `${wanted} would take about ${Math.round(buildMsOf(wanted, large) / 60_000)} minutes to build by n log n and ${((large.residentBytes * wanted) / count / GIB).toFixed(1)} GiB: not done here.`,
      )
    return {
      tables: [
        {
          columns: [
            'vectors',
            'built in',
            'opened in',
            'memory',
            'file',
            'a query, ef 64',
            'exact search',
            'recall@10',
          ],
          rows: [probe, large].map(rowOf),
        },
      ],
      targets: [],
      notes,
      data: { probe, large },
    }
  },
}
