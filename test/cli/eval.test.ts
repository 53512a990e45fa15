import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { EvaluationReport } from '../../src/services/evaluate/report.ts'
import { createWorkplace, paperLines } from './run-kindred.ts'

const here = createWorkplace()
const place = (...names: readonly string[]) => join(here.dir, ...names)
const papers = paperLines(30)
const lines = (values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')
const titleOf = (at: number): string => JSON.parse(papers[at] ?? '').title

const QUESTIONS = [4, 9, 17, 23].map((at) => ({
  qid: `q${at}`,
  kind: at % 2 === 0 ? 'even' : 'odd',
  query: titleOf(at),
  relevant: [{ title: titleOf(at), grade: 2 }],
}))

/** A small collection of our own in the layout of BEIR; its questions are in part papers themselves. */
function writeBeir(): void {
  mkdirSync(place('toy', 'qrels'), { recursive: true })
  const corpus = papers
    .map((line) => JSON.parse(line))
    .map(({ id, title, abstract }) => ({ _id: id, title, text: abstract }))
  writeFileSync(place('toy', 'corpus.jsonl'), lines(corpus))
  const queries = [
    { _id: 'study-3', text: titleOf(3) },
    { _id: 'asked', text: titleOf(8) },
    { _id: 'of another split', text: 'something else' },
  ]
  writeFileSync(place('toy', 'queries.jsonl'), lines(queries))
  const qrels = 'query-id\tcorpus-id\tscore\nstudy-3\tstudy-5\t1\nasked\tstudy-8\t1\nasked\tnowhere\t1\n'
  writeFileSync(place('toy', 'qrels', 'test.tsv'), qrels)
}

async function report(args: readonly string[]): Promise<EvaluationReport> {
  const { code, stdout, stderr } = await here.run(['eval', ...args, '--json'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return EvaluationReport.parse(JSON.parse(stdout))
}

beforeAll(async () => {
  writeFileSync(place('papers.jsonl'), papers.join(''))
  writeFileSync(place('questions.jsonl'), lines(QUESTIONS))
  writeBeir()
  expect((await here.run(['ingest', 'papers.jsonl'])).code).toBe(0)
})

describe('kindred eval', () => {
  it('judges every mode and compares them, as JSON', async () => {
    const { modes, comparisons, queries, papers: count } = await report(['questions.jsonl'])
    expect([queries, count]).toEqual([4, 30])
    expect(modes.map(({ mode }) => mode)).toEqual(['hybrid', 'dense', 'lexical'])
    expect(modes[0]?.metrics['MRR@10']?.mean).toBe(1)
    expect(comparisons).toHaveLength(15)
  })

  it('prints a table no wider than a terminal, with a row a kind', async () => {
    const { code, stdout, stderr } = await here.run(['eval', 'questions.jsonl', '--modes', 'hybrid,lexical'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('nDCG@10')
    expect(stdout).toMatch(/^hybrid +4 +1\.000 /m)
    expect(stdout).toMatch(/^ {2}even +1 /m)
    expect(stdout).toMatch(/^MRR@10 +hybrid - lexical /m)
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  })

  it('gives the same intervals for the same seed', async () => {
    const args = ['questions.jsonl', '--modes', 'dense', '--k', '1', '--seed', '7']
    const once = await report(args)
    expect(once).toMatchObject({ seed: 7, k: 1 })
    expect(await report(args)).toEqual(once)
  })

  it('exits with 6 where a floor is missed, and still prints the report', async () => {
    const { code, stdout, stderr } = await here.run([
      'eval',
      'toy',
      '--floor',
      'recall@100=0.9',
      '--floor',
      'MRR@10=0.01',
    ])
    expect(code).toBe(6)
    expect(stdout).toContain('nDCG@10')
    expect(stderr).toContain('hybrid recall@100 is 0.7500, below the floor 0.9')
    expect(stderr).not.toContain('MRR@10')
    expect((await here.run(['eval', 'questions.jsonl', '--floor', 'MRR@10=1'])).code).toBe(0)
  })

  it.each([
    {
      what: 'a floor of another measure',
      args: ['questions.jsonl', '--floor', 'MAP=0.5'],
      code: 2,
      says: 'recall@100',
    },
    { what: 'a floor that is no number', args: ['questions.jsonl', '--floor', 'MRR@10'], code: 2, says: 'nDCG@10=0.8' },
    {
      what: 'an unknown mode',
      args: ['questions.jsonl', '--modes', 'psychic'],
      code: 2,
      says: 'hybrid, dense, lexical',
    },
    { what: 'a page beyond the depth', args: ['questions.jsonl', '--k', '101'], code: 2, says: '1 to 100' },
    { what: '--ingest without a corpus', args: ['questions.jsonl', '--ingest'], code: 2, says: 'BEIR' },
    { what: 'a split that is not there', args: ['toy', '--split', 'dev'], code: 4, says: 'there is: test' },
    { what: 'a file that is not there', args: ['absent.jsonl'], code: 4, says: 'absent.jsonl' },
    { what: 'a file of papers', args: ['papers.jsonl'], code: 3, says: 'Line 1' },
  ])('refuses $what', async ({ args, code, says }) => {
    const ended = await here.run(['eval', ...args])
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toContain(says)
  })
})

describe('kindred eval with a BEIR folder', () => {
  it('asks the questions of the split, and says what the index lacks', async () => {
    const { queries, unresolved, perQuery } = await report(['toy'])
    expect(queries).toBe(2)
    expect(unresolved).toEqual([{ qid: 'asked', reference: 'nowhere' }])
    expect(new Set(perQuery.map(({ qid }) => qid))).toEqual(new Set(['study-3', 'asked']))
    const { stderr } = await here.run(['eval', 'toy'])
    expect(stderr).toContain('1 relevant paper is not in the index')
    expect(stderr).toContain('asked: nowhere')
  })

  it('reads the corpus into a temporary index, and leaves nothing behind', async () => {
    const env = { KINDRED_INDEX: 'never-made' }
    const { code, stdout } = await here.run(['eval', 'toy', '--ingest', '--json'], { env })
    expect(code).toBe(0)
    expect(EvaluationReport.parse(JSON.parse(stdout))).toMatchObject({ papers: 30, queries: 2 })
    expect(readdirSync(here.dir)).not.toContain('never-made')
  })

  it('reads the corpus into the index that is named, and finds the same', async () => {
    const named = await report(['toy', '--ingest', '--index', 'beir'])
    expect(readdirSync(here.dir)).toContain('beir')
    expect(await report(['toy', '--index', 'beir'])).toEqual(named)
  })
})
