import { beforeEach, describe, expect, it } from 'vitest'
import type { JudgedQuery } from '../../../src/services/evaluate/judgements.ts'
import { EvaluationReport } from '../../../src/services/evaluate/report.ts'
import { evaluate } from '../../../src/services/evaluate/run.ts'
import { add, type Library, openLibrary } from '../../support/library.ts'
import { someRecords } from '../../support/records.ts'

const RECORDS = someRecords(40).map((record, at) => ({ ...record, id: `paper-${at}` }))
const MODES = ['hybrid', 'lexical'] as const
const RESAMPLES = 200

let library: Library
beforeEach(async () => {
  library = await openLibrary()
  await add(library, RECORDS)
})

const question = (qid: string, at: number, over: Partial<JudgedQuery> = {}): JudgedQuery => ({
  qid,
  kind: 'known-item',
  query: RECORDS[at]?.title ?? '',
  relevant: [{ id: `paper-${at}`, grade: 2 }],
  ...over,
})

const ask = (queries: readonly JudgedQuery[], over: object = {}) =>
  evaluate(library, queries, { modes: MODES, resamples: RESAMPLES, ...over })

describe('evaluate', () => {
  it('gives a report of its own shape, the same each time', async () => {
    const queries = [question('a', 3), question('b', 5, { kind: 'topic' })]
    const report = await ask(queries)
    expect(EvaluationReport.parse(report)).toEqual(report)
    expect(await ask(queries)).toEqual(report)
    expect(report).toMatchObject({ queries: 2, papers: 40, unresolved: [], withoutRelevant: [], k: 10, seed: 1 })
    expect(report.modes.map(({ mode, kinds }) => [mode, kinds.map(({ kind, queries: n }) => [kind, n])])).toEqual(
      MODES.map((mode) => [
        mode,
        [
          ['known-item', 1],
          ['topic', 1],
        ],
      ]),
    )
    expect(report.perQuery).toHaveLength(4)
    expect(report.comparisons).toHaveLength(5)
  })

  it('finds papers by title as by id', async () => {
    const byTitle = { relevant: [{ title: `  ${RECORDS[3]?.title.toUpperCase()}`, grade: 2 }] }
    const [one, other] = [await ask([question('a', 3)]), await ask([question('a', 3, byTitle)])]
    expect(other).toEqual(one)
    expect(one.modes[0]?.metrics['MRR@10']).toEqual({ mean: 1, low: 1, high: 1 })
  })

  it('says which relevant papers the index lacks, and counts them as not found', async () => {
    const relevant = [
      { id: 'paper-3', grade: 1 },
      { id: 'nowhere', grade: 1 },
      { title: 'Never Written', grade: 1 },
      { id: 'not-relevant-either', grade: 0 },
    ]
    const { unresolved, modes } = await ask([question('a', 3, { relevant })])
    expect(unresolved).toEqual([
      { qid: 'a', reference: 'nowhere' },
      { qid: 'a', reference: 'Never Written' },
    ])
    expect(modes[0]?.metrics['recall@100']?.mean).toBeCloseTo(1 / 3, 12)
    expect(modes[0]?.metrics['nDCG@10']?.mean).toBeLessThan(1)
  })

  it('counts a paper that is judged twice once, by its higher grade', async () => {
    const relevant = [
      { id: 'paper-3', grade: 1 },
      { title: RECORDS[3]?.title ?? '', grade: 2 },
    ]
    expect(await ask([question('a', 3, { relevant })])).toEqual(await ask([question('a', 3)]))
  })

  it('leaves out questions without a relevant paper, and says which', async () => {
    const report = await ask([question('a', 3), question('b', 4, { relevant: [{ id: 'paper-4', grade: 0 }] })])
    expect(report).toMatchObject({ queries: 1, withoutRelevant: ['b'] })
  })

  it('does not rank the paper that the question is', async () => {
    const relevant = [{ id: 'paper-4', grade: 1 }]
    const rank = async (leaveOut?: string) => {
      const own = { relevant, query: `${RECORDS[3]?.title} ${RECORDS[4]?.title}`, ...(leaveOut ? { leaveOut } : {}) }
      return (await ask([question('paper-3', 3, own)], { modes: ['lexical'] })).modes[0]?.metrics['MRR@10']?.mean ?? 0
    }
    const [kept, left] = [await rank(), await rank('paper-3')]
    expect([kept, left]).toEqual([0.5, 1])
  })

  it('counts its progress, and stops by the signal', async () => {
    const seen: string[] = []
    const controller = new AbortController()
    const onProgress = (done: number, total: number) => {
      seen.push(`${done}/${total}`)
      controller.abort()
    }
    const stopped = ask([question('a', 3), question('b', 4)], { onProgress, signal: controller.signal })
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' })
    expect(seen).toEqual(['1/2'])
  })

  it('refuses a question that a search would refuse', async () => {
    const long = question('a', 3, { query: 'otters '.repeat(1_000) })
    await expect(ask([long])).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })
})
