import { z } from 'zod'
import { fail } from '../../domain/errors.ts'
import { type JudgedQuery, numberedLines } from './judgements.ts'

/** The files of a BEIR data set (Thakur et al., NeurIPS 2021) that hold questions and judgements, as text. */
export interface BeirTexts {
  /** `queries.jsonl`: `{_id, text}` a line, of all splits. */
  readonly queries: string
  /** `qrels/<split>.tsv`: `query-id`, `corpus-id` and `score`, below a header. */
  readonly qrels: string
}

const BeirQuery = z.object({ _id: z.coerce.string().min(1), text: z.string().trim().min(1) })

interface Qrel {
  readonly id: string
  readonly grade: number
}

/** Judgements by question. Scores of 0 and below mean "judged, not relevant". */
function parseQrels(text: string): Map<string, Qrel[]> {
  const found = new Map<string, Qrel[]>()
  for (const { line, number } of numberedLines(text)) {
    const [qid = '', id = '', score = ''] = line.split('\t').map((cell) => cell.trim())
    if (number === 1 && !/^-?\d+$/.test(score)) continue
    if (qid === '' || id === '' || !/^-?\d+$/.test(score)) {
      fail('RECORD_BROKEN', `Line ${number} of the judgements is not "query-id, corpus-id, score" with tabs between.`)
    }
    const grade = Math.max(0, Number(score))
    const list = found.get(qid) ?? []
    list.push({ id, grade })
    found.set(qid, list)
  }
  return found
}

function parseQuery(line: string, number: number): z.infer<typeof BeirQuery> {
  try {
    return BeirQuery.parse(JSON.parse(line))
  } catch (cause) {
    return fail('RECORD_BROKEN', `Line ${number} of queries.jsonl is not {"_id": …, "text": …}.`, { cause })
  }
}

/**
 * The questions of one split, judged. A question that is itself a paper of the corpus (in SCIDOCS and ArguAna its id is
 * the paper's) is left out of its own ranking, as BEIR does. Throws RECORD_BROKEN.
 */
export function parseBeir({ queries, qrels }: BeirTexts, kind: string): JudgedQuery[] {
  const judgements = parseQrels(qrels)
  return numberedLines(queries).flatMap(({ line, number }) => {
    const { _id: qid, text } = parseQuery(line, number)
    const relevant = judgements.get(qid)
    return relevant ? [{ qid, kind, query: text, relevant, leaveOut: qid }] : []
  })
}
