import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderEvaluation } from '../../src/cli/render-evaluation.ts'
import { PLAIN } from '../../src/cli/style.ts'
import { type Kindred, openKindred } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { auroc } from '../../src/services/evaluate/auroc.ts'
import { expectedCalibrationError, type ScoredOutcome } from '../../src/services/evaluate/calibration.ts'
import { parseJudgements } from '../../src/services/evaluate/judgements.ts'
import type { EvaluationReport } from '../../src/services/evaluate/report.ts'
import { evaluate } from '../../src/services/evaluate/run.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { ingest } from '../../src/services/ingest.ts'
import { searchPapers } from '../../src/services/search.ts'

const SEEDS = fileURLToPath(new URL('../../../shared/seeds', import.meta.url))
const QUESTIONS = fileURLToPath(new URL('../../../shared/eval/dev-queries.jsonl', import.meta.url))

/** What hybrid search has reached on these questions, less a little room for other machines' rounding. */
const FLOORS = { 'nDCG@10': 0.86, 'MRR@10': 0.94 }

const OFF_TOPIC = new URL('../../data/eval/off-topic.jsonl', import.meta.url)

const present = existsSync(SEEDS) && existsSync(QUESTIONS)

describe.skipIf(!present)('the judged questions with the real model (skipped without ../shared)', () => {
  const indexDir = mkdtempSync(join(tmpdir(), 'kindred-questions-'))
  let kindred: Kindred
  let report: EvaluationReport

  beforeAll(async () => {
    kindred = await openKindred(loadConfig({ flags: { indexDir }, env: {} }).config)
    await ingest(kindred.deps, kindred.readSources([SEEDS], {}), { run: 'questions' })
    await fillSentences(kindred.deps)
    const queries = parseJudgements(readFileSync(QUESTIONS, 'utf8'))
    report = await evaluate(kindred.deps, queries, { modes: ['hybrid', 'dense', 'lexical'] })
    process.stdout.write(`\n${renderEvaluation(report, PLAIN)}\n`)
  })

  afterAll(async () => {
    await kindred.close()
    rmSync(indexDir, { recursive: true, force: true })
  })

  const mean = (mode: string, metric: string): number =>
    report.modes.find((one) => one.mode === mode)?.metrics[metric]?.mean ?? 0

  it('are 70, and every judged paper is in the index', () => {
    expect(report).toMatchObject({ queries: 70, papers: 349, unresolved: [], withoutRelevant: [] })
  })

  it.each(Object.entries(FLOORS))('hold the floor of hybrid search: %s at least %d', (metric, floor) => {
    expect(mean('hybrid', metric)).toBeGreaterThanOrEqual(floor)
  })

  it('are answered better by both sides together than by either', () => {
    for (const metric of Object.keys(FLOORS)) {
      for (const mode of ['dense', 'lexical']) expect(mean('hybrid', metric)).toBeGreaterThan(mean(mode, metric))
    }
  })

  it('are answered no worse than by the better side, whatever their kind', () => {
    const kindsOf = (mode: string) => report.modes.find((one) => one.mode === mode)?.kinds ?? []
    for (const { kind, metrics } of kindsOf('hybrid')) {
      const sides = ['dense', 'lexical'].map(
        (mode) => kindsOf(mode).find((one) => one.kind === kind)?.metrics['nDCG@10']?.mean ?? 0,
      )
      expect(metrics['nDCG@10']?.mean).toBeGreaterThanOrEqual(Math.max(...sides))
    }
  })

  const ask = async (query: string) => {
    const request = { query, mode: 'hybrid' as const, limit: 10, offset: 0, exact: false, explain: false }
    return searchPapers(kindred.deps, request)
  }

  it('are trusted too where they are one rare word that a title holds', async () => {
    expect((await ask('whisper')).confidence).toBe('high')
    expect((await ask('banana')).confidence).toBe('none')
  })

  it('have scores that come true, and are told from questions about other things', async () => {
    const outcomes: ScoredOutcome[] = []
    const best: ScoredOutcome[] = []
    for (const { query, relevant } of parseJudgements(readFileSync(QUESTIONS, 'utf8'))) {
      const answers = new Set(relevant.map(({ title }) => title))
      const { data, confidence } = await ask(query)
      for (const { title, score } of data) outcomes.push({ score, outcome: answers.has(title) ? 1 : 0 })
      best.push({ score: data[0]?.score ?? 0, outcome: 1 })
      expect(confidence, query).not.toBe('none')
    }
    const refused: boolean[] = []
    for (const { query } of parseJudgements(readFileSync(OFF_TOPIC, 'utf8'))) {
      const { data, confidence } = await ask(query)
      best.push({ score: data[0]?.score ?? 0, outcome: 0 })
      refused.push(confidence === 'none')
    }
    const figures = {
      ece: expectedCalibrationError(outcomes),
      auroc: auroc(best),
      refused: refused.filter(Boolean).length,
    }
    process.stdout.write(`\ncalibration: ${JSON.stringify(figures)} of ${refused.length}\n`)
    expect(figures.ece).toBeLessThanOrEqual(0.1)
    expect(figures.auroc).toBeGreaterThanOrEqual(0.95)
    expect(figures.refused / refused.length).toBeGreaterThanOrEqual(0.9)
  })
})
