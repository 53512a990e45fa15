import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Kindred } from '../../compose.ts'
import { fail } from '../../domain/errors.ts'
import { SearchMode } from '../../domain/query.ts'
import { measuresAt } from '../../services/evaluate/metrics.ts'
import { EvaluationMode, type EvaluationReport } from '../../services/evaluate/report.ts'
import { DEPTH, evaluate } from '../../services/evaluate/run.ts'
import { loadReranker } from '../../services/rerank.ts'
import { CHECK_FAILED } from '../exit-code.ts'
import { listenForInterrupts } from '../interrupt.ts'
import { type EvaluationSet, readEvaluation } from '../read-evaluation.ts'
import { evaluationWarnings, renderEvaluation } from '../render-evaluation.ts'
import { ingestWarnings } from '../render-ingest.ts'
import { wholeNumber } from '../request.ts'
import { placeOf, runIngest } from '../run-ingest.ts'
import { type Session, withKindred } from '../session.ts'
import { settingFlags, showSettings } from '../settings.ts'
import { counted } from '../style.ts'

const HELP = `
The file has a question a line: {"qid": "1", "kind": "topic", "query": "…", "relevant": [{"title": "…", "grade": 2}]},
where a paper is named by title or by id and a higher grade is better. A BEIR folder has queries.jsonl, qrels/<split>.tsv
and corpus.jsonl.

Measures: nDCG with gain 2^grade - 1, MRR, recall; 95 % intervals by bootstrap over the questions; between modes a paired
randomisation test (p is not corrected for several tests).

Examples:
  $ kindred eval questions.jsonl
  $ kindred eval questions.jsonl --floor nDCG@10=0.8 --floor MRR@10=0.9
  $ kindred eval scifact/ --ingest --modes dense,lexical,hybrid
  $ kindred eval questions.jsonl --modes hybrid,rerank --rerank-model Xenova/ms-marco-MiniLM-L-6-v2`

/** Between two lines of progress. */
const NOTE_EVERY_MS = 5_000

interface Floor {
  readonly metric: string
  readonly value: number
}

interface EvalOptions {
  readonly modes: readonly EvaluationMode[]
  readonly k: number
  readonly split: string
  readonly seed: number
  readonly floor: readonly Floor[]
  readonly ingest?: boolean
}

function modeList(text: string): EvaluationMode[] {
  return text.split(',').map((name) => {
    const mode = EvaluationMode.safeParse(name.trim())
    if (!mode.success) throw new InvalidArgumentError(`Modes are ${EvaluationMode.options.join(', ')}.`)
    return mode.data
  })
}

function pageLength(text: string): number {
  const k = wholeNumber(text)
  if (k < 1 || k > DEPTH) throw new InvalidArgumentError(`It must be 1 to ${DEPTH}.`)
  return k
}

function addFloor(text: string, floors: readonly Floor[]): Floor[] {
  const [, metric, value] = /^(.+?)=(0(?:\.\d+)?|1(?:\.0+)?|\.\d+)$/.exec(text) ?? []
  if (metric === undefined) throw new InvalidArgumentError('It must be like nDCG@10=0.8.')
  return [...floors, { metric, value: Number(value) }]
}

/** Refused before anything is asked. Throws INVALID_REQUEST for a metric that is not reported. */
function checkFloors({ floor, k }: EvalOptions): void {
  const names = [...measuresAt(k).keys()]
  const odd = floor.find(({ metric }) => !names.includes(metric))
  if (odd) fail('INVALID_REQUEST', `--floor: "${odd.metric}" is not measured; there are ${names.join(', ')}.`)
}

/** The floors that the first mode falls below, in words. */
function missedFloors({ modes: [first] }: EvaluationReport, floors: readonly Floor[]): string[] {
  return floors.flatMap(({ metric, value }) => {
    const mean = first?.metrics[metric]?.mean ?? 0
    return mean < value ? [`${first?.mode} ${metric} is ${mean.toFixed(4)}, below the floor ${value}`] : []
  })
}

function progressNotes({ output }: Session): (done: number, total: number) => void {
  let last = performance.now()
  return (done, total) => {
    if (performance.now() - last < NOTE_EVERY_MS) return
    last = performance.now()
    output.note(`${done} of ${counted(total, 'question')}`)
  }
}

interface Work {
  readonly set: EvaluationSet
  readonly options: EvalOptions
  readonly signal: AbortSignal
}

async function judge(kindred: Kindred, session: Session, { set, options, signal }: Work): Promise<void> {
  const { output, json } = session
  if (options.ingest && set.corpus !== null) {
    const outcome = await runIngest(placeOf(kindred), session, { paths: [set.corpus], signal })
    for (const line of ingestWarnings(outcome)) output.note(line)
  }
  const { modes, k, seed } = options
  if (modes.includes('rerank')) await loadReranker(kindred.deps)
  const report = await evaluate(kindred.deps, set.queries, {
    modes,
    k,
    seed,
    signal,
    onProgress: progressNotes(session),
  })
  const missed = missedFloors(report, options.floor)
  await (json ? output.json(report) : output.write(renderEvaluation(report, output.style)))
  for (const line of [...evaluationWarnings(report), ...missed]) output.note(line)
  if (missed.length > 0) process.exitCode = CHECK_FAILED
}

async function withTemporaryFolder(use: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'kindred-eval-'))
  try {
    await use(dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function run(path: string, options: EvalOptions, command: Command): Promise<void> {
  checkFloors(options)
  const set = await readEvaluation(path, options.split)
  if (options.ingest && set.corpus === null) fail('INVALID_REQUEST', '--ingest is for BEIR folders.')
  const { signal, release } = listenForInterrupts()
  const use = (kindred: Kindred, session: Session) => judge(kindred, session, { set, options, signal })
  try {
    if (!options.ingest) return await withKindred(command, { readOnly: true }, use)
    // The papers of a test collection must not end up among one's own unless that folder is named.
    if (settingFlags(command).indexDir !== undefined) return await withKindred(command, {}, use)
    await withTemporaryFolder((indexDir) => withKindred(command, { indexDir }, use))
  } finally {
    release()
  }
}

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .summary('judge the ranking by questions with known answers')
    .description(
      'Asks judged questions in every mode and prints nDCG, MRR and recall, with intervals and paired tests.',
    )
    .argument('<path>', 'a JSONL file of judged questions, or a BEIR folder')
    .addOption(
      new Option('--modes <list>', 'modes to compare; rerank is hybrid with the cross-encoder')
        .argParser(modeList)
        .default([...SearchMode.options], SearchMode.options.join(',')),
    )
    .addOption(new Option('--k <count>', 'length of the page that is judged').argParser(pageLength).default(10))
    .option('--split <name>', 'judgements of a BEIR folder', 'test')
    .option('--ingest', 'read corpus.jsonl of a BEIR folder first: into --index, or into a temporary index without it')
    .addOption(new Option('--seed <number>', 'of the intervals and tests').argParser(wholeNumber).default(1))
    .addOption(
      new Option('--floor <metric=value>', 'exit with code 6 where the first mode falls below; may be repeated')
        .argParser(addFloor)
        .default([], 'none'),
    )
    .addHelpText('after', HELP)
    .action(run)
  showSettings(command, 'model', 'search')
}
