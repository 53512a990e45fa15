import type { Database } from 'better-sqlite3'
import { sentencesHash } from '../domain/identity.ts'
import type { NewSentences } from '../domain/ports.ts'
import { quantise } from '../domain/quantise.ts'
import { PAPER_COLUMNS, type PaperRow, paperOf } from './rows.ts'
import { packSpans } from './sentence-set.ts'

const MAX_ATTEMPTS = 3
/** Whether a paper has what a search needs of it, or the model has failed at it too often. */
const SETTLED = `EXISTS
  (SELECT 1 FROM sentences WHERE paper = key AND fingerprint = ? AND (spans IS NOT NULL OR attempts >= ${MAX_ATTEMPTS}))`
/** How long an answer that sets are lacking stands. */
const RECOUNT_MS = 500

interface Parts {
  /** The number of the configured fingerprint. */
  readonly fingerprint: number
  readonly dimension: number
}

/** The title's row and one a sentence. The search trusts what is stored: a NaN would become a zero unseen. */
function packVectors(vectors: readonly Float32Array[], dimension: number): Buffer {
  const rows = new Int8Array(vectors.length * dimension)
  for (const [at, vector] of vectors.entries()) {
    if (vector.length !== dimension || !vector.every(Number.isFinite)) {
      throw new RangeError('a stored vector must be finite and of its dimension')
    }
    rows.set(quantise(vector), at * dimension)
  }
  return Buffer.from(rows.buffer)
}

/**
 * Statements over the sentence vectors of one fingerprint. A trigger of the schema drops the sets of a paper whose title
 * or abstract changes, whoever writes it.
 */
export function createSentences(db: Database, { fingerprint, dimension }: Parts) {
  // NOT EXISTS looks up an index a paper; papers are filled in the order of their keys.
  const missingFrom = db.prepare<[number, number, number], PaperRow>(
    `SELECT ${PAPER_COLUMNS} FROM papers WHERE key >= ? AND NOT ${SETTLED} ORDER BY key LIMIT ?`,
  )
  const all = db.prepare<[number], number>('SELECT count(*) FROM sentences WHERE fingerprint = ?').pluck()
  const open = db
    .prepare<[number, number], number>(
      'SELECT count(*) FROM sentences WHERE fingerprint = ? AND spans IS NULL AND attempts >= ?',
    )
    .pluck()
  const document = db.prepare<[number], PaperRow>(`SELECT ${PAPER_COLUMNS} FROM papers WHERE key = ?`)
  const insert = db.prepare<[number, number, string, Buffer]>(
    `INSERT INTO sentences (paper, fingerprint, spans, vectors) VALUES (?, ?, ?, ?)
     ON CONFLICT (paper, fingerprint) DO UPDATE SET spans = excluded.spans, vectors = excluded.vectors
     WHERE spans IS NULL`,
  )
  const fail = db
    .prepare<[number, number], number>(
      `INSERT INTO sentences (paper, fingerprint, attempts) VALUES (?, ?, 1)
       ON CONFLICT (paper, fingerprint) DO UPDATE SET attempts = attempts + 1 RETURNING attempts`,
    )
    .pluck()
  const retry = db.prepare<[number]>('DELETE FROM sentences WHERE fingerprint = ? AND spans IS NULL')
  const dropForeign = db.prepare<[number]>('DELETE FROM sentences WHERE fingerprint <> ?')

  const isCurrent = (key: number, textHash: string): boolean => {
    const row = document.get(key)
    return row !== undefined && sentencesHash(paperOf(row)) === textHash
  }

  function add({ key, textHash, title, sentences }: NewSentences): void {
    if (!isCurrent(key, textHash)) return
    const vectors = packVectors([title, ...sentences.map(({ vector }) => vector)], dimension)
    insert.run(key, fingerprint, packSpans(sentences), vectors)
  }

  const papers = db.prepare<[], number>('SELECT count(*) FROM papers').pluck()
  function counts() {
    const unfilled = open.get(fingerprint, 0) ?? 0
    return { papers: (all.get(fingerprint) ?? 0) - unfilled, failed: open.get(fingerprint, MAX_ATTEMPTS) ?? 0 }
  }

  /** None is missing before this key: what a write or a new attempt makes missing begins the search anew. */
  const search = { generation: Number.NaN, from: 0 }
  function missing(limit: number, generation: number): PaperRow[] {
    if (search.generation !== generation) Object.assign(search, { generation, from: 0 })
    const rows = missingFrom.all(search.from, fingerprint, limit)
    search.from = rows[0]?.key ?? Number.MAX_SAFE_INTEGER
    return rows
  }

  const newest = db.prepare<[number], number>(`SELECT ${SETTLED} FROM papers ORDER BY key DESC LIMIT 1`).pluck()
  function lacksAny(): boolean {
    const { papers: filled, failed } = counts()
    return filled + failed < (papers.get() ?? 0)
  }

  const last = { generation: Number.NaN, at: Number.NEGATIVE_INFINITY, lacking: true }
  /**
   * Only a write takes a set away, and sets come one after the other: looking now and then is enough. Where some lack, a
   * write hardly changes that. The newest paper gets its set last, so it says most often what counting all of them would,
   * which takes milliseconds of the request that asks.
   */
  function lacking(generation: number): boolean {
    const holds = last.lacking ? performance.now() - last.at < RECOUNT_MS : last.generation === generation
    if (!holds) {
      const lacks = newest.get(fingerprint) === 0 || lacksAny()
      Object.assign(last, { generation, at: performance.now(), lacking: lacks })
    }
    return last.lacking
  }

  return {
    counts,
    lacking,
    missing,
    add: db.transaction((batch: readonly NewSentences[]): void => {
      for (const one of batch) add(one)
    }).immediate,
    noteFailure: db.transaction(({ key, textHash }: Pick<NewSentences, 'key' | 'textHash'>): boolean => {
      return isCurrent(key, textHash) && (fail.get(key, fingerprint) ?? 0) >= MAX_ATTEMPTS
    }).immediate,
    retry: () => {
      retry.run(fingerprint)
      search.from = 0
    },
    dropForeign: () => void dropForeign.run(fingerprint),
  }
}
