// Fits the weights of the fused ranking and the calibration of its scores on judged questions:
//   npm run fit -- ../shared/eval/dev-queries.jsonl ../shared/seeds
// Prints the fit on all questions, its cross-validated figures, and those of the weights in src/services/fused-value.ts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { titleKey } from '../dist/domain/identity.js'
import { ingest, loadConfig, openKindred } from '../dist/index.js'
import { gatherCandidates } from '../dist/services/candidates.js'
import { auroc } from '../dist/services/evaluate/auroc.js'
import { expectedCalibrationError, reliabilityTable } from '../dist/services/evaluate/calibration.js'
import { ndcgAt, reciprocalRankAt } from '../dist/services/evaluate/metrics.js'
import { fitPlatt, plattProbability } from '../dist/services/evaluate/platt.js'
import { createRandom } from '../dist/services/evaluate/random.js'
import { fillSentences } from '../dist/services/fill-sentences.js'
import { fusedValue, keywordShare, WEIGHTS } from '../dist/services/fused-value.js'
import { askedOf } from '../dist/services/retrieve.js'

const OFF_TOPIC = new URL('../data/eval/off-topic.jsonl', import.meta.url)
const [QUESTIONS, ...PAPERS] = process.argv.slice(2)
const FOLDS = 10
const REPEATS = 5
/** Sharpness of the softmax over candidates, and the weight of the L2 penalty. */
const SHARPNESS = 12
const PENALTY = 0.06
const STEPS = 3_000
const RATE = 0.02
const K = 10

/** The features that are fitted, as fused-value.ts adds them up. */
const featuresOf = (candidate, question) => [
  candidate.dense,
  question.bestBm25 > 0 ? Math.sqrt(candidate.bm25 / question.bestBm25) : 0,
  candidate.sentence,
]

async function judge(kindred, { query, kind, relevant }) {
  const request = { query, mode: 'hybrid', limit: K, offset: 0, exact: true, explain: false }
  const { candidates, question } = await gatherCandidates(kindred.deps, await askedOf(kindred.deps, request))
  const grades = new Map()
  for (const { title, grade } of relevant) {
    const stored = await kindred.deps.store.findByAlias([`title:${titleKey(title)}`])
    if (stored) grades.set(stored.key, grade)
  }
  const graded = candidates.keys.map((key, at) => {
    const [dense, bm25, sentence, title] = ['dense', 'bm25', 'sentence', 'title'].map((name) => candidates[name][at])
    const candidate = { dense, bm25, sentence, title }
    return { candidate, features: featuresOf(candidate, question), grade: grades.get(key) ?? 0 }
  })
  return { kind, question, graded, judged: relevant.map(({ grade }) => grade) }
}

/** Listwise softmax loss (Cao et al., ListNet, ICML 2007) with gains 2^grade - 1 as the target; weights stay >= 0. */
function fitWeights(questions) {
  const size = questions[0].graded[0].features.length
  let weights = Array(size).fill(0.5)
  for (let step = 0; step < STEPS; step += 1) {
    const slope = Array(size).fill(0)
    for (const { graded } of questions) addSlope(slope, weights, graded)
    const moved = weights.map((weight, at) => weight - RATE * (2 * PENALTY * weight + slope[at] / questions.length))
    weights = moved.map((weight) => Math.max(0, weight))
  }
  return weights
}

const dot = (one, other) => one.reduce((sum, value, at) => sum + value * other[at], 0)

function addSlope(slope, weights, graded) {
  const gains = graded.map(({ grade }) => 2 ** grade - 1)
  const total = gains.reduce((sum, gain) => sum + gain, 0)
  if (total === 0) return
  const values = graded.map(({ features }) => SHARPNESS * dot(weights, features))
  const highest = Math.max(...values)
  const powers = values.map((value) => Math.exp(value - highest))
  const sum = powers.reduce((one, other) => one + other, 0)
  graded.forEach(({ features }, at) => {
    const difference = powers[at] / sum - gains[at] / total
    features.forEach((feature, which) => {
      slope[which] += SHARPNESS * difference * feature
    })
  })
}

function measure({ graded, judged }, valuation) {
  const ranked = [...graded].sort((one, other) => valuation(other) - valuation(one)).map(({ grade }) => grade)
  return { ndcg: ndcgAt(K, { ranked, judged }), mrr: reciprocalRankAt(K, { ranked, judged }) }
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

function show(name, results, questions) {
  const kinds = [...new Set(questions.map(({ kind }) => kind))]
  const byKind = kinds.map((kind) => {
    const own = results.filter((_, at) => questions[at % questions.length].kind === kind)
    return `${kind} ${mean(own.map(({ ndcg }) => ndcg)).toFixed(3)}`
  })
  const [ndcg, mrr] = ['ndcg', 'mrr'].map((key) => mean(results.map((result) => result[key])).toFixed(4))
  console.log(`${name.padEnd(44)} nDCG@10 ${ndcg}  MRR@10 ${mrr}  (${byKind.join(', ')})`)
}

/** A fitted model with the keyword part of the shipped weights, scaled to the fit. */
const valueBy = (weights, question) => {
  const keyword = keywordShare(question.terms)
  return ({ candidate, features }) =>
    dot(weights, features) + keyword * (WEIGHTS.keyword.lexical * features[1] + WEIGHTS.keyword.title * candidate.title)
}

function crossValidate(questions) {
  const results = []
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    const random = createRandom(repeat + 1)
    const order = questions.map((_, at) => ({ at, place: random() })).sort((one, other) => one.place - other.place)
    const outcome = Array(questions.length)
    for (let fold = 0; fold < FOLDS; fold += 1) {
      const tested = new Set(order.filter((_, place) => place % FOLDS === fold).map(({ at }) => at))
      const weights = fitWeights(questions.filter((_, at) => !tested.has(at)))
      for (const at of tested) outcome[at] = measure(questions[at], valueBy(weights, questions[at].question))
    }
    results.push(...outcome)
  }
  return results
}

/** The first hits of every question with what came of them; of off-topic ones nothing is right. */
function outcomesOf(questions, valuation, listed = () => true) {
  return questions.map(({ graded, question }) =>
    graded
      .filter(({ candidate }) => listed(candidate))
      .map(({ candidate, grade }) => ({ score: valuation(candidate, question), outcome: grade > 0 ? 1 : 0 }))
      .sort((one, other) => other.score - one.score)
      .slice(0, K),
  )
}

/** Platt scaling per mode: the fit on everything, and error and separation where each question was left out of it. */
function calibrate(name, byQuestion, judgedCount) {
  const folds = byQuestion.map((_, at) => at % FOLDS)
  const scaled = byQuestion.map((points, at) => {
    const model = fitPlatt(byQuestion.filter((_, other) => folds[other] !== folds[at]).flat())
    return points.map(({ score, outcome }) => ({ score: plattProbability(model, score), outcome }))
  })
  const { slope, intercept } = fitPlatt(byQuestion.flat())
  const best = scaled.map((points, at) => ({ score: points[0]?.score ?? 0, outcome: at < judgedCount ? 1 : 0 }))
  const error = expectedCalibrationError(scaled.slice(0, judgedCount).flat())
  console.log(
    `calibration of ${name}: slope ${slope.toFixed(3)}, intercept ${intercept.toFixed(3)}; cross-validated: ` +
      `ECE ${error.toFixed(3)}, AUROC of real against off-topic questions ${auroc(best).toFixed(3)}`,
  )
  if (name !== 'hybrid') return
  for (const { low, high, count, confidence, accuracy } of reliabilityTable(scaled.slice(0, judgedCount).flat())) {
    console.log(
      `  ${low.toFixed(1)}-${high.toFixed(1)}  ${count} hits  said ${confidence.toFixed(2)}  came true ${accuracy.toFixed(2)}`,
    )
  }
}

async function main() {
  const indexDir = mkdtempSync(join(tmpdir(), 'kindred-fit-'))
  const { config } = loadConfig({ flags: { indexDir }, env: {} })
  const kindred = await openKindred(config)
  try {
    await ingest(kindred.deps, kindred.readSources(PAPERS), { run: 'fit' })
    await fillSentences(kindred.deps)
    const lines = readFileSync(QUESTIONS, 'utf8').trim().split('\n')
    const questions = []
    for (const line of lines) questions.push(await judge(kindred, JSON.parse(line)))
    console.log(
      'weights (dense, lexical, sentence):',
      fitWeights(questions)
        .map((weight) => weight.toFixed(2))
        .join(', '),
    )
    show(`fitted, ${FOLDS}-fold cross-validated, ${REPEATS} times`, crossValidate(questions), questions)
    const shipped = questions.map((each) => measure(each, ({ candidate }) => fusedValue(candidate, each.question)))
    show('shipped weights', shipped, questions)
    for (const [name, pick] of [
      ['dense alone', 0],
      ['lexical alone', 1],
      ['sentences alone', 2],
    ]) {
      show(
        name,
        questions.map((each) => measure(each, ({ features }) => features[pick])),
        questions,
      )
    }
    const offTopic = []
    for (const line of readFileSync(OFF_TOPIC, 'utf8').trim().split('\n')) {
      offTopic.push(await judge(kindred, { ...JSON.parse(line), relevant: [] }))
    }
    const everything = [...questions, ...offTopic]
    calibrate('hybrid', outcomesOf(everything, fusedValue), questions.length)
    calibrate(
      'dense',
      outcomesOf(everything, ({ dense }) => dense),
      questions.length,
    )
    calibrate(
      'lexical',
      outcomesOf(
        everything,
        ({ bm25 }) => bm25,
        ({ bm25 }) => bm25 > 0,
      ),
      questions.length,
    )
  } finally {
    await kindred.close()
    rmSync(indexDir, { recursive: true, force: true })
  }
}

await main()
