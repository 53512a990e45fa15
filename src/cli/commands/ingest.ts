import { type Command, InvalidArgumentError, Option } from 'commander'
import { CalendarDate } from '../../domain/paper.ts'
import { EXIT_CODE_OF, SOME_REJECTED } from '../exit-code.ts'
import { placeThrough } from '../ingest-through.ts'
import { listenForInterrupts } from '../interrupt.ts'
import { type IngestOutcome, ingestResult, ingestWarnings, renderIngest } from '../render-ingest.ts'
import { runFill } from '../run-fill.ts'
import { type IngestPlace, placeOf, runIngest } from '../run-ingest.ts'
import type { Session } from '../session.ts'
import { showSettings } from '../settings.ts'
import { addWaitOptions, type WaitOptions, withWriter } from '../writer.ts'

const HELP = `
Formats, told by their content: saved listing pages (HTML copied as text), JSONL, a JSON array, CSV with a header row,
BibTeX, arXiv Atom. Each may be gzipped. A record needs a title; the other fields are id, abstract, authors, authorCount,
organization, publishedAt, year, commentCount, venue, categories, arxivId, doi, url, embedding and embeddingModel.

Examples:
  $ kindred ingest papers.jsonl more.csv.gz
  $ kindred ingest saved-pages/ --captured 2025-01-31
  $ kindred ingest 'feeds/**/*.xml'
  $ zcat papers.jsonl.gz | kindred ingest -

While \`kindred serve\` has the index, the papers go through it; another command that writes is waited for.
Ctrl-C keeps what is done; the same command goes on from there.`

interface IngestCommandOptions extends WaitOptions {
  readonly captured?: string
  readonly strict?: boolean
}

function calendarDate(text: string): string {
  const parsed = CalendarDate.safeParse(text)
  if (!parsed.success) throw new InvalidArgumentError(`It ${parsed.error.issues[0]?.message}.`)
  return parsed.data
}

async function writeOutcome(outcome: IngestOutcome, { output, json }: Session): Promise<void> {
  if (json) await output.json(ingestResult(outcome))
  else await output.write(renderIngest(outcome, output.style))
  for (const line of ingestWarnings(outcome)) output.note(line)
}

/** Where nothing went in at all, the first fault tells most. */
function exitCodeOf({ report, rejections }: IngestOutcome): number {
  if (report.rejected === 0) return 0
  const [first] = rejections
  const none = report.added + report.updated + report.unchanged === 0
  return none && first ? EXIT_CODE_OF[first.error.code] : SOME_REJECTED
}

async function run(paths: string[], options: IngestCommandOptions, command: Command): Promise<void> {
  const { signal, release } = listenForInterrupts()
  const take = async (place: IngestPlace, session: Session): Promise<void> => {
    const outcome = await runIngest(place, session, { paths, ...options, signal })
    await writeOutcome(outcome, session)
    process.exitCode = exitCodeOf(outcome)
  }
  try {
    await withWriter(command, {
      wait: options.wait,
      signal,
      here: async (kindred, session) => {
        await take(placeOf(kindred), session)
        await runFill(kindred.deps, session, signal)
      },
      // The server embeds the sentences by itself.
      through: async (server, session) => {
        const { readSources } = await import('../../compose.ts')
        await take(await placeThrough(server, readSources, session.config.model), session)
      },
    })
  } finally {
    release()
  }
}

export function addIngest(program: Command): void {
  const command = program
    .command('ingest')
    .summary('read papers from files and embed what is new')
    .description('Reads papers from files, folders, globs or standard input (-), and embeds what is new or changed.')
    .argument('<paths...>', 'files, folders, quoted globs, or - for standard input')
    .addOption(
      new Option(
        '--captured <date>',
        'day a listing page was saved, YYYY-MM-DD: gives dates without a year theirs',
      ).argParser(calendarDate),
    )
    .option('--strict', 'stop at the first record that is refused')
  addWaitOptions(command).addHelpText('after', HELP).action(run)
  showSettings(command, 'model', 'graph')
}
