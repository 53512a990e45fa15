// How fast papers go in: `npm run bench:ingest [-- paths…]` (default: the sample corpus). Everything is real: sources,
// model, SQLite with synced commits, graph and snapshot, in a temporary folder. Run it on an idle machine.
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ingest, loadConfig, openKindred, searchPapers } from '../dist/index.js'

const SAMPLE = fileURLToPath(new URL('../data/sample.jsonl', import.meta.url))
const QUESTION = 'how do transformers learn a task from a few examples in the prompt?'
const QUESTIONS = 101

const paths = process.argv.length > 2 ? process.argv.slice(2) : [SAMPLE]

async function millisecondsOf(work) {
  const start = performance.now()
  const result = await work()
  return { result, ms: performance.now() - start }
}

const median = (values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]

async function measure(workers) {
  const indexDir = mkdtempSync(join(tmpdir(), 'kindred-bench-'))
  try {
    const { config } = loadConfig({ flags: { indexDir, embedWorkers: workers }, env: {} })
    const whole = await millisecondsOf(async () => {
      const kindred = await openKindred(config)
      const report = await ingest(kindred.deps, kindred.readSources(paths), { run: 'bench' })
      await kindred.close()
      return report
    })
    const { result: kindred, ms: openMs } = await millisecondsOf(() => openKindred(config))
    const ask = (at) =>
      searchPapers(kindred.deps, {
        query: `${QUESTION} ${at}`,
        mode: 'hybrid',
        limit: 10,
        offset: 0,
        exact: false,
        explain: false,
      })
    const first = await millisecondsOf(() => ask(0))
    const times = []
    for (let at = 1; at <= QUESTIONS; at += 1) times.push((await millisecondsOf(() => ask(at))).ms)
    await kindred.close()
    const { embedded } = whole.result
    console.log(
      `${workers} worker(s): ${embedded} papers in ${(whole.ms / 1000).toFixed(1)} s from opening to closing, ` +
        `${((embedded / whole.ms) * 1000).toFixed(1)} papers/s; opened again in ${openMs.toFixed(0)} ms; ` +
        `first question ${first.ms.toFixed(0)} ms, then ${median(times).toFixed(1)} ms (median of ${QUESTIONS} new questions)`,
    )
  } finally {
    rmSync(indexDir, { recursive: true, force: true })
  }
}

console.log(`Node ${process.version}, ${availableParallelism()} cores of ${cpus()[0]?.model ?? 'an unnamed processor'}`)
for (const workers of new Set([1, availableParallelism()])) await measure(workers)
