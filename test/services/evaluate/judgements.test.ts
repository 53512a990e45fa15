import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, KindredError } from '../../../src/domain/errors.ts'
import { parseBeir } from '../../../src/services/evaluate/beir.ts'
import { parseJudgements } from '../../../src/services/evaluate/judgements.ts'

const lines = (...values: readonly unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('')

function codeOf(act: () => unknown): ErrorCode | null {
  try {
    act()
    return null
  } catch (error) {
    if (error instanceof KindredError) return error.code
    throw error
  }
}

describe('parseJudgements', () => {
  it('reads questions with papers by title and by id, blank lines aside', () => {
    const relevant = [
      { title: 'Otters at night', grade: 2 },
      { id: 'glacier-1', grade: 1 },
    ]
    const text = `\n${lines({ qid: 'a', kind: 'topic', query: ' who swims? ', relevant })}\r\n`
    expect(parseJudgements(text)).toEqual([{ qid: 'a', kind: 'topic', query: 'who swims?', relevant }])
  })

  it('takes questions that nothing answers', () => {
    expect(parseJudgements(lines({ qid: 'a', query: 'blorf' }))).toEqual([
      { qid: 'a', kind: 'question', query: 'blorf', relevant: [] },
    ])
  })

  it('names the line that is wrong', () => {
    const good = { qid: 'a', query: 'x' }
    expect(codeOf(() => parseJudgements(`${lines(good)}{"qid"`))).toBe('RECORD_BROKEN')
    for (const bad of [
      { qid: 'b' },
      { qid: 'b', query: ' ' },
      { qid: 'b', query: 'x', relevant: [{ grade: 1 }] },
      { qid: 'b', query: 'x', relevant: [{ id: 'p', title: 'P', grade: 1 }] },
      { qid: 'b', query: 'x', relevant: [{ id: 'p', grade: 1.5 }] },
    ]) {
      expect(codeOf(() => parseJudgements(lines(good, bad)))).toBe('RECORD_INVALID')
      expect(() => parseJudgements(lines(good, bad))).toThrow('Line 2')
    }
  })

  it('refuses a question that comes twice', () => {
    expect(codeOf(() => parseJudgements(lines({ qid: 'a', query: 'x' }, { qid: 'a', query: 'y' })))).toBe(
      'RECORD_INVALID',
    )
  })

  it('reads the off-topic questions: twenty of each kind, all different', () => {
    const queries = parseJudgements(
      readFileSync(new URL('../../../data/eval/off-topic.jsonl', import.meta.url), 'utf8'),
    )
    expect(new Set(queries.map(({ query }) => query)).size).toBe(60)
    for (const kind of ['recipe', 'daily-life', 'gibberish']) {
      expect(queries.filter((query) => query.kind === kind && query.relevant.length === 0)).toHaveLength(20)
    }
  })
})

describe('parseBeir', () => {
  const queries = lines({ _id: '1', text: 'who swims?' }, { _id: '2', text: 'what melts?' }, { _id: '3', text: 'why?' })
  const qrels = 'query-id\tcorpus-id\tscore\n2\tglacier-1\t2\n1\totter-1\t1\n2\tice-4\t0\n2\tice-5\t-1\r\n'

  it('joins questions and judgements of the split, and leaves a question out of its own ranking', () => {
    expect(parseBeir({ queries, qrels }, 'toy')).toEqual([
      { qid: '1', kind: 'toy', query: 'who swims?', relevant: [{ id: 'otter-1', grade: 1 }], leaveOut: '1' },
      {
        qid: '2',
        kind: 'toy',
        query: 'what melts?',
        relevant: [
          { id: 'glacier-1', grade: 2 },
          { id: 'ice-4', grade: 0 },
          { id: 'ice-5', grade: 0 },
        ],
        leaveOut: '2',
      },
    ])
  })

  it('names the line that is wrong', () => {
    expect(() => parseBeir({ queries, qrels: `${qrels}1 otter-2 1\n` }, 'toy')).toThrow('Line 6 of the judgements')
    expect(() => parseBeir({ queries: `${queries}{"_id": "4"}`, qrels }, 'toy')).toThrow('Line 4 of queries.jsonl')
    expect(codeOf(() => parseBeir({ queries: '{', qrels }, 'toy'))).toBe('RECORD_BROKEN')
  })
})
