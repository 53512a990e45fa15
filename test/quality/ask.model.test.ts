import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kindred, openKindred } from '../../src/compose.ts'
import { loadConfig } from '../../src/config.ts'
import { type Answer, AskRequest } from '../../src/domain/ask.ts'
import { answerQuestion } from '../../src/services/ask/ask.ts'
import { parseJudgements } from '../../src/services/evaluate/judgements.ts'
import { fillSentences } from '../../src/services/fill-sentences.ts'
import { ingest } from '../../src/services/ingest.ts'

const SEEDS = fileURLToPath(new URL('../../../shared/seeds', import.meta.url))
const QUESTIONS = fileURLToPath(new URL('../../../shared/eval/dev-queries.jsonl', import.meta.url))
const OFF_TOPIC = new URL('../../data/eval/off-topic.jsonl', import.meta.url)

/** The grade of a paper that answers the question as a whole. */
const ANSWERS = 2
const FLOORS = { answered: 0.9, declined: 0.95 }

const present = existsSync(SEEDS) && existsSync(QUESTIONS)

describe.skipIf(!present)('extractive answers with the real model (skipped without ../shared)', () => {
  const indexDir = mkdtempSync(join(tmpdir(), 'kindred-ask-'))
  let kindred: Kindred

  beforeAll(async () => {
    kindred = await openKindred(loadConfig({ flags: { indexDir }, env: {} }).config)
    await ingest(kindred.deps, kindred.readSources([SEEDS], {}), { run: 'ask' })
    await fillSentences(kindred.deps)
  })

  afterAll(async () => {
    await kindred.close()
    rmSync(indexDir, { recursive: true, force: true })
  })

  const ask = (question: string): Promise<Answer> => answerQuestion(kindred.deps, AskRequest.parse({ question }))
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

  it('cite a paper that answers the question, and quote nothing that does not stand there', async () => {
    const judged = parseJudgements(readFileSync(QUESTIONS, 'utf8'))
    const rows: { answered: number; first: number; papers: number; characters: number }[] = []
    for (const { query, relevant } of judged) {
      const { kind, citations, verification, answer } = await ask(query)
      const good = new Set(relevant.filter(({ grade }) => grade >= ANSWERS).map(({ title }) => title))
      const right = citations.map(({ title }) => good.has(title))
      expect([query, kind, verification?.ok]).toEqual([query, 'extractive', true])
      rows.push({
        answered: right.some(Boolean) ? 1 : 0,
        first: right[0] ? 1 : 0,
        papers: citations.length,
        characters: answer.length,
      })
    }
    const of = (field: 'answered' | 'first' | 'papers' | 'characters') => mean(rows.map((row) => row[field]))
    const figures = {
      answered: of('answered'),
      first: of('first'),
      papers: of('papers'),
      characters: Math.round(of('characters')),
    }
    process.stdout.write(`\nextractive answers: ${JSON.stringify(figures)} of ${judged.length}\n`)
    expect(judged).toHaveLength(70)
    expect(figures.answered).toBeGreaterThanOrEqual(FLOORS.answered)
  })

  it('decline questions about other things', async () => {
    const others = parseJudgements(readFileSync(OFF_TOPIC, 'utf8'))
    const kinds: Answer['kind'][] = []
    for (const { query } of others) kinds.push((await ask(query)).kind)
    const declined = kinds.filter((kind) => kind === 'nothing').length
    process.stdout.write(`\ndeclined: ${declined} of ${others.length}\n`)
    expect(declined / others.length).toBeGreaterThanOrEqual(FLOORS.declined)
  })
})
