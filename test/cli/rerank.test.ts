import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { List } from '../../src/domain/query.ts'
import { EvaluationReport } from '../../src/services/evaluate/report.ts'
import { writeTinyReranker } from '../support/tiny-reranker.ts'
import { createWorkplace, paperLines } from './run-kindred.ts'

const here = createWorkplace()
const WITH = ['--rerank-model', './tiny', '--rerank-budget-ms', '60000']

beforeAll(async () => {
  writeTinyReranker(join(here.dir, 'tiny'), { words: ['speech', 'helps', 'where'] })
  expect((await here.run(['ingest', '-'], { stdin: paperLines(30).join('') })).code).toBe(0)
})

async function search(...args: readonly string[]): Promise<List> {
  const { code, stdout, stderr } = await here.run(['search', 'where speech helps', '--json', '--explain', ...args])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return List.parse(JSON.parse(stdout))
}

describe('kindred search --rerank-model', () => {
  it('lists the hits in the order of the model, which a first question waits for', async () => {
    const { data, index } = await search(...WITH)
    const relevances = data.map(({ explain }) => explain?.rerank?.score ?? -1)
    expect(relevances).toEqual(relevances.toSorted((one, other) => other - one))
    expect(relevances[0]).toBeGreaterThan(0.5)
    expect(index.degraded).not.toContain('rerank')
  })

  it('says to people what it thought of a hit, and in the last line when it did not answer', async () => {
    const shown = await here.run(['search', 'where speech helps', '--explain', ...WITH])
    expect(shown.stdout).toMatch(/reranked 0\.\d{3}/)
    const late = await here.run(['search', 'where speech helps', ...WITH, '--rerank-budget-ms', '0'])
    expect(late.stderr).toMatch(/ · .*\brerank\n/)
    expect([late.code, late.stdout.includes('reranked')]).toEqual([0, false])
  })

  it('does without by --without rerank', async () => {
    const { data } = await search(...WITH, '--without', 'rerank')
    expect(data).toEqual((await search()).data)
  })

  it('says at once that a model cannot be had, or is none', async () => {
    const missing = await here.run(['search', 'x', '--json', '--rerank-model', './nowhere'])
    expect(missing.code).toBe(2)
    expect(JSON.parse(missing.stderr)).toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      detail: expect.stringContaining('nowhere lacks'),
    })
    writeTinyReranker(join(here.dir, 'broken'), { words: [] })
    writeFileSync(join(here.dir, 'broken', 'onnx', 'model.onnx'), 'not a model')
    const broken = await here.run(['search', 'x', '--rerank-model', './broken'])
    expect([broken.code, broken.stdout]).toEqual([2, ''])
    expect(broken.stderr).toContain('The files of the cross-encoder cannot be loaded.')
  })

  it('is a mode of eval', async () => {
    const question = { qid: 'q', query: 'where speech helps', relevant: [{ id: 'study-5', grade: 1 }] }
    writeFileSync(join(here.dir, 'questions.jsonl'), JSON.stringify(question))
    const args = ['eval', 'questions.jsonl', '--json', '--modes', 'hybrid,rerank']
    const { stdout, stderr } = await here.run([...args, ...WITH])
    expect(stderr).toBe('')
    expect(EvaluationReport.parse(JSON.parse(stdout)).modes.map(({ mode }) => mode)).toEqual(['hybrid', 'rerank'])
    expect((await here.run(args)).code).toBe(2)
  })
})
