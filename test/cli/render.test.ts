import { describe, expect, it } from 'vitest'
import { problemLine, renderProblem } from '../../src/cli/problem.ts'
import { renderHits, summarizeList } from '../../src/cli/render-hits.ts'
import { ingestResult, ingestWarnings, renderIngest } from '../../src/cli/render-ingest.ts'
import { renderPaper } from '../../src/cli/render-paper.ts'
import { renderVerification } from '../../src/cli/render-stats.ts'
import { PLAIN } from '../../src/cli/style.ts'
import { KindredError } from '../../src/domain/errors.ts'
import type { Paper } from '../../src/domain/paper.ts'
import { type Hit, IngestResult, type List } from '../../src/domain/query.ts'

const paper: Paper = {
  id: 'tides-of-memory-a1b2c3',
  title: 'Tides of Memory: How Recurrent Networks Forget and What Their Gates Keep of Distant Words',
  abstract: 'Networks forget. We measure how fast.',
  authors: ['Ada Grün', 'Bo Li'],
  authorCount: 5,
  organization: null,
  publishedAt: '2021-09-28',
  dateInferred: true,
  year: 2021,
  commentCount: null,
  venue: null,
  categories: ['cs.CL'],
  arxivId: null,
  doi: null,
  url: null,
  sources: ['page.txt'],
  addedAt: '2024-01-01T00:00:00.000Z',
  updatedAt: '2024-01-01T00:00:00.000Z',
}
const hit: Hit = { ...paper, rank: 1, score: 0.83456, evidence: null }
const list = (data: Hit[], rest: Partial<List> = {}): List => ({
  data,
  total: 349,
  offset: 0,
  next: 1,
  tookMs: 1.234,
  index: { generation: 3, engine: 'hnsw', plan: 'ann', recallAt10: null, recall: null, degraded: [] },
  ...rest,
})

describe('hits', () => {
  it('show rank, score and title, and below them year and id', () => {
    expect(renderHits(list([hit]), PLAIN)).toBe(
      [
        '   1  0.835  Tides of Memory: How Recurrent Networks Forget and What Their Gates',
        '             Keep of Distant Words',
        '             2021 · tides-of-memory-a1b2c3',
        '',
      ].join('\n'),
    )
  })

  it('say how they came about where that was asked', () => {
    const explain = {
      dense: { rank: 2, similarity: 0.5 },
      lexical: { rank: 1, bm25: 7.5, terms: ['gates'] },
      fusion: 0.0325,
      boosts: [],
    }
    const text = renderHits(list([{ ...hit, year: null, explain }]), { ...PLAIN, width: 110 })
    expect(text).toContain('meaning #2 (cosine 0.500) · words #1 (BM25 7.50: gates) · fused 0.03250')
    expect(text).toContain('\n             tides-of-memory-a1b2c3\n')
  })

  it('are summed up in one line', () => {
    expect(summarizeList(list([hit]))).toBe('1-1 of 349 papers · 1.2 ms · ann · next page: --offset 1')
    const degraded = list([], {
      total: 0,
      next: null,
      index: { ...list([]).index, plan: 'exact', degraded: ['graph-rebuilding'] },
    })
    expect(summarizeList(degraded)).toBe('0 of 0 papers · 1.2 ms · exact · graph-rebuilding')
  })
})

describe('a paper', () => {
  it('is shown with what is known of it, and nothing else', () => {
    expect(renderPaper(paper, PLAIN).split('\n').slice(2)).toEqual([
      'Authors  Ada Grün, Bo Li and 3 more',
      'Date     2021-09-28 (year inferred)',
      'Topics   cs.CL',
      'Sources  page.txt',
      'Id       tides-of-memory-a1b2c3',
      '',
      'Networks forget. We measure how fast.',
      '',
    ])
  })

  it('is of its organization, or of a number of authors, where no author is named', () => {
    const authors: string[] = []
    const organization = { handle: 'lab', name: 'The Lab' }
    expect(renderPaper({ ...paper, authors, organization }, PLAIN)).toContain('Authors  The Lab\n')
    expect(renderPaper({ ...paper, authors }, PLAIN)).toContain('Authors  5 authors\n')
  })

  it('cannot command the terminal', () => {
    const text = renderPaper(
      { ...paper, title: '\u001B[2JGone', venue: 'A\u0007B', abstract: 'x\u001B]0;y\u0007' },
      PLAIN,
    )
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })
})

describe('the outcome of an ingest', () => {
  const error = new KindredError('RECORD_INVALID', 'title: must not be empty')
  const rejections = [{ source: 'a.jsonl', line: 7, error }]
  const report = {
    added: 2,
    updated: 1,
    unchanged: 0,
    rejected: 1,
    embedded: 3,
    withoutAbstract: 1,
    sources: { 'a.jsonl': 1, 'b.csv': 2 },
  }
  const outcome = { report, rejections, seconds: 1.5 }

  it('has a line for each source, then the totals', () => {
    expect(renderIngest(outcome, PLAIN)).toBe(
      [
        '        1  a.jsonl (1 rejected)',
        '        2  b.csv',
        '2 added, 1 updated, 0 unchanged, 1 rejected; 3 embedded in 1.5 s, 2.0 a second',
        '',
      ].join('\n'),
    )
  })

  it('warns of refused records with file and line, and of papers without an abstract', () => {
    expect(ingestWarnings(outcome)).toEqual([
      'rejected a.jsonl:7: title: must not be empty (RECORD_INVALID)',
      'warning: 1 record has no abstract and can be found by the title only',
    ])
  })

  it('does not flood a terminal with refused records', () => {
    const many = Array.from({ length: 50 }, (_, at) => ({ source: 'a.jsonl', line: at + 1, error }))
    const lines = ingestWarnings({
      ...outcome,
      report: { ...report, rejected: 5_000, withoutAbstract: 0 },
      rejections: many,
    })
    expect(lines).toHaveLength(21)
    expect(lines.at(-1)).toBe('… and 4,980 more rejected records')
  })

  it("has the API's shape as JSON", () => {
    expect(IngestResult.parse(ingestResult(outcome))).toEqual({
      added: 2,
      updated: 1,
      unchanged: 0,
      embedded: 3,
      rejected: [{ line: 7, code: 'RECORD_INVALID', detail: 'title: must not be empty' }],
    })
  })
})

describe('a verification', () => {
  it('lists what is wrong', () => {
    const text = renderVerification(
      { ok: false, problems: ['one vector is missing'], vectors: 9, snapshot: null, recallAt10: null, sample: 0 },
      PLAIN,
    )
    expect(text).toBe(
      'The index is damaged.\n- one vector is missing\nVectors    9\nSnapshot   none\nRecall@10  not measured (0 queries)\n',
    )
  })
})

describe('an error', () => {
  it('says what happened, its code and the remedy', () => {
    expect(renderProblem(new KindredError('STORAGE_FULL', 'No room.'), PLAIN)).toBe(
      'kindred: No room. (STORAGE_FULL)\n  Free some space and send the request again; what was acknowledged is kept.\n',
    )
  })

  it('is one line of JSON where JSON was asked for', () => {
    const line = problemLine(new KindredError('INVALID_REQUEST', 'x', { issues: [{ path: 'limit', message: 'x' }] }))
    expect(line.endsWith('}\n')).toBe(true)
    expect(JSON.parse(line)).toEqual({
      code: 'INVALID_REQUEST',
      detail: 'x',
      remedy: '`kindred help <command>` shows what each command takes.',
      issues: [{ path: 'limit', message: 'x' }],
    })
  })
})
