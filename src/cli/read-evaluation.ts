import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fail } from '../domain/errors.ts'
import { systemCodeOf } from '../domain/system-code.ts'
import { parseBeir } from '../services/evaluate/beir.ts'
import { type JudgedQuery, parseJudgements } from '../services/evaluate/judgements.ts'

export interface EvaluationSet {
  readonly queries: readonly JudgedQuery[]
  /** The papers that a BEIR folder brings along; null for a file of questions. */
  readonly corpus: string | null
}

function refuse(path: string, cause: unknown): never {
  if (systemCodeOf(cause) === 'ENOENT') fail('SOURCE_NOT_FOUND', `There is no "${basename(path)}".`, { cause })
  fail('SOURCE_UNREADABLE', `"${basename(path)}" cannot be read.`, { cause })
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch((cause) => refuse(path, cause))

/** A split that is not there is answered with those that are. */
async function readQrels(dir: string, split: string): Promise<string> {
  const names = await readdir(join(dir, 'qrels')).catch((cause) => refuse(join(dir, 'qrels'), cause))
  const splits = names.filter((name) => name.endsWith('.tsv')).map((name) => basename(name, '.tsv'))
  if (!splits.includes(split)) fail('SOURCE_NOT_FOUND', `There is no split "${split}"; there is: ${splits.join(', ')}.`)
  return readText(join(dir, 'qrels', `${split}.tsv`))
}

async function readBeir(dir: string, split: string): Promise<EvaluationSet> {
  const [queries, qrels] = await Promise.all([readText(join(dir, 'queries.jsonl')), readQrels(dir, split)])
  return { queries: parseBeir({ queries, qrels }, basename(resolve(dir))), corpus: join(dir, 'corpus.jsonl') }
}

/**
 * Judged questions of a JSONL file or of a BEIR folder. Throws SOURCE_NOT_FOUND, SOURCE_UNREADABLE, SOURCE_EMPTY,
 * RECORD_BROKEN, RECORD_INVALID.
 */
export async function readEvaluation(path: string, split: string): Promise<EvaluationSet> {
  const status = await stat(path).catch((cause) => refuse(path, cause))
  const set = status.isDirectory()
    ? await readBeir(path, split)
    : { queries: parseJudgements(await readText(path)), corpus: null }
  if (set.queries.length === 0) fail('SOURCE_EMPTY', `"${basename(path)}" holds no questions.`)
  return set
}
