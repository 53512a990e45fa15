// Part `ingest`: how fast papers go in, as the library reads, embeds, writes and indexes them, beside a loop over
// onnxruntime in Python that only embeds. The same texts for all: real abstracts, or those of the sample.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { moduleOf, PROJECT } from '../dist.mjs'
import { realPapers, sourceOfTexts, withEmptyKindred } from '../material.mjs'
import { pythonOf, startPython } from '../peers/python.mjs'
import { median, pairRatios, takeTurns } from '../stats.mjs'
import { atLeast, spreadText } from '../targets.mjs'

const PROGRAM = fileURLToPath(new URL('../peers/embed.py', import.meta.url))
const MODEL = join(PROJECT, 'models/Xenova/all-MiniLM-L6-v2')
const BATCH = 32
const LENGTHS = { full: { rounds: 3, papers: 250 }, quick: { rounds: 2, papers: 60 } }
const WARM_UP = 'A text that is embedded before the clock runs.'

async function* asRecords(papers) {
  for (const [at, record] of papers.entries()) yield { source: 'bench', line: at + 1, record }
}

const seconds = (startedAt) => (performance.now() - startedAt) / 1000

/** Into an empty library with a warm model, until every paper is durable and found; then its sentences. */
function ingestOnce({ dist, papers, evidence, flags = {} }) {
  const work = async (kindred) => {
    const { ingest } = await moduleOf(dist, 'index.js')
    const { fillSentences } = await moduleOf(dist, 'services/fill-sentences.js')
    await kindred.deps.embedder.embed(
      Array.from({ length: 8 }, () => WARM_UP),
      'passage',
    )
    const startedAt = performance.now()
    const { added } = await ingest(kindred.deps, asRecords(papers), { run: 'bench' })
    if (added !== papers.length) throw new Error(`${added} of ${papers.length} papers went in`)
    if (evidence) await fillSentences(kindred.deps)
    return { seconds: seconds(startedAt) }
  }
  return withEmptyKindred(dist, work, { evidence: evidence ? 'on' : 'off', ...flags })
}

/** The papers, the texts that their vectors stand for, and how many tokens the model reads in all. */
function prepared({ dist, quick }) {
  const { papers: most } = quick ? LENGTHS.quick : LENGTHS.full
  return withEmptyKindred(dist, async (kindred) => {
    const { passageText } = await moduleOf(dist, 'domain/passage.js')
    const { sentencesOf } = await moduleOf(dist, 'domain/sentences.js')
    const papers = (await realPapers(kindred)).slice(0, most)
    const texts = papers.map((paper) => passageText(paper))
    const sentences = papers.flatMap(({ title, abstract }) => [title, ...sentencesOf(abstract).map(({ text }) => text)])
    const total = async (list) =>
      (await kindred.deps.embedder.countTokens(list, 'passage')).reduce((sum, count) => sum + count, 0)
    const [first] = await kindred.deps.embedder.embed(texts.slice(0, 1), 'passage')
    const [tokens, sentenceTokens] = [await total(texts), await total(sentences)]
    return { papers, texts, first, tokens, allTokens: tokens + sentenceTokens, sentences: sentences.length }
  })
}

const cosine = (one, other) => one.reduce((sum, value, at) => sum + value * other[at], 0)

const SIDES = {
  kindred: 'kindred: read, embed, write, index',
  'kindred, onnxruntime': 'kindred on onnxruntime (--encoder onnxruntime)',
  'kindred, sentences too': 'kindred, titles and sentences too',
  python: 'Python onnxruntime, one text at a time: embed only',
  'python, batches': `Python onnxruntime, sorted batches of ${BATCH}: embed only`,
}

async function measure(context) {
  const { dist, peersDir, quick, log } = context
  const material = await prepared(context)
  const { papers, texts } = material
  const runs = {
    kindred: () => ingestOnce({ dist, papers, evidence: false }),
    // Builds before the kernels of our own know no such setting.
    ...(existsSync(join(dist, 'embed/native-encoder.js')) && {
      'kindred, onnxruntime': () => ingestOnce({ dist, papers, evidence: false, flags: { encoder: 'onnxruntime' } }),
    }),
    'kindred, sentences too': () => ingestOnce({ dist, papers, evidence: true }),
  }
  const executable = pythonOf(peersDir)
  const python = executable && (await startPython(executable, [PROGRAM, MODEL]))
  if (python) {
    runs.python = () => python.ask({ texts, batch: 1 })
    runs['python, batches'] = () => python.ask({ texts, batch: BATCH })
  } else log(`no Python in ${peersDir}: onnxruntime there is left out`)
  try {
    const { rounds } = quick ? LENGTHS.quick : LENGTHS.full
    log(`${rounds} turns of ${papers.length} papers over ${Object.keys(runs).join(', ')}`)
    const measured = await takeTurns(rounds, runs)
    return { ...material, measured, version: python?.first.version }
  } finally {
    await python?.stop()
  }
}

function reportOf({ papers, first, tokens, allTokens, sentences, measured, version }) {
  const perSecond = (name) => measured[name].map((run) => papers.length / run.seconds)
  const names = Object.keys(measured)
  const peers = names.filter((name) => name.startsWith('python'))
  const compared = names.filter((name) => peers.includes(name) || name === 'kindred, onnxruntime')
  const tokensOf = (name) => (name === 'kindred, sentences too' ? allTokens : tokens)
  const rows = names.map((name) => [
    SIDES[name],
    median(perSecond(name)).toFixed(1),
    Math.round((median(perSecond(name)) * tokensOf(name)) / papers.length),
    compared.includes(name) ? spreadText(pairRatios(perSecond('kindred'), perSecond(name))) : '',
  ])
  const likeness = peers.map((name) => `${name} ${cosine(first, measured[name][0].first).toFixed(4)}`)
  const notes = [
    `${papers.length} abstracts of the ${sourceOfTexts().name === 'seeds' ? 'listing pages' : 'sample'}, ${Math.round(tokens / papers.length)} tokens each on average (256 at most), and ${sentences} titles and sentences. The model is loaded before the clock runs, on both sides.`,
  ]
  if (peers.length > 0)
    notes.push(
      `onnxruntime ${version}, the same model file, on all cores. Cosine of the first vector to Kindred's: ${likeness.join(', ')}; an int8 model's vectors change with the batch.`,
    )
  return {
    tables: [{ columns: ['', 'abstracts/s', 'tokens/s', 'Kindred without sentences / this'], rows }],
    targets: peers.map((name) =>
      atLeast(
        `ingest, paper vectors alone: abstracts/s / ${SIDES[name]}`,
        1.5,
        pairRatios(perSecond('kindred'), perSecond(name)),
      ),
    ),
    notes,
    data: { papers: papers.length, tokens, allTokens, sentences, measured: withoutVectors(measured) },
  }
}

const withoutVectors = (measured) =>
  Object.fromEntries(Object.entries(measured).map(([name, runs]) => [name, runs.map(({ first: _, ...run }) => run)]))

export const ingest = {
  name: 'ingest',
  title: 'Papers going in',
  run: async (context) => reportOf(await measure(context)),
}
