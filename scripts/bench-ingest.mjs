// How fast papers become vectors: `npm run bench:ingest [papers.jsonl]`. Each line of the file is a paper with title
// and abstract. Only the embedding is measured: one worker, then one a core, then short questions one by one.
import { readFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { passageText } from '../dist/domain/passage.js'
import { openTransformersEmbedder } from '../dist/embed/transformers.js'

const MODELS = fileURLToPath(new URL('../models/', import.meta.url))
const SAMPLE = fileURLToPath(new URL('../data/sample.jsonl', import.meta.url))
const QUESTION = 'how do transformers learn a task from a few examples in the prompt?'
const QUESTIONS = 50

const lines = readFileSync(process.argv[2] ?? SAMPLE, 'utf8').split('\n')
const papers = lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line))
const texts = papers.map(({ title, abstract }) => passageText({ title, abstract: abstract ?? '' }))

async function secondsOf(work) {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1_000
}

async function measure(workers) {
  const embedder = await openTransformersEmbedder({
    model: 'Xenova/all-MiniLM-L6-v2',
    modelsDir: MODELS,
    cacheDir: tmpdir(),
    allowDownload: false,
    workers,
  })
  const first = await secondsOf(() => embedder.embed([QUESTION], 'query'))
  // One round unmeasured: it starts the other workers.
  await embedder.embed(texts.slice(0, 20), 'passage')
  const all = await secondsOf(() => embedder.embed(texts, 'passage'))
  const times = []
  for (let count = 0; count < QUESTIONS; count += 1) {
    times.push(await secondsOf(() => embedder.embed([QUESTION], 'query')))
  }
  await embedder.close()
  const median = times.sort((a, b) => a - b)[QUESTIONS / 2]
  const rate = (texts.length / all).toFixed(1)
  console.log(
    `workers ${workers}: ${rate} papers/s over ${texts.length}; first text ${(first * 1_000).toFixed(0)} ms; ` +
      `question ${(median * 1_000).toFixed(2)} ms (median of ${QUESTIONS})`,
  )
}

for (const workers of new Set([1, availableParallelism()])) await measure(workers)
