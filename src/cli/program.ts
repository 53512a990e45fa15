import { Command } from 'commander'
import { EXIT_CODES } from './exit-code.ts'
import { failureOf, problemLine, renderProblem } from './problem.ts'
import { addSettings, settingsHelp, visibleSettings } from './settings.ts'
import { styleOf } from './style.ts'
import { VERSION } from './version.ts'

const HELP = `
Settings come from the defaults above, then kindred.config.json (or --config FILE), then the environment, then the flags.

Exit codes:
${Object.entries(EXIT_CODES)
  .map(([code, meaning]) => `${code.padStart(5)}  ${meaning}`)
  .join('\n')}

Examples:
  $ kindred ingest papers.jsonl
  $ kindred search "how can a model read very long documents"
  $ kindred similar arxiv:1706.03762
  $ kindred serve

Results go to standard output; progress, notes and logs to standard error.`

/** The program with what all commands share; the commands are added to it. */
export function createProgram(): Command {
  const program = new Command('kindred')
    .description('Semantic retrieval over scientific abstracts: questions in natural language, papers like this one.')
    .version(VERSION, '--version', 'print the version')
    .option('--json', 'print results, and errors, as JSON')
    .option('--config <file>', 'configuration file (KINDRED_CONFIG; default: kindred.config.json where there is one)')
    .configureHelp({ showGlobalOptions: true, visibleGlobalOptions: visibleSettings })
    // Faults are reported in one place, by report() below.
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText('after', ({ command }) => settingsHelp(command) + HELP)
  addSettings(program)
  return program
}

/** Without a listener, a reader that goes away ends the process with a stack trace; the failing write tells us anyway. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}

/** Runs a command; sets the exit code instead of exiting, so that everything is flushed and closed. */
export async function run(program: Command, argv: readonly string[]): Promise<void> {
  outliveReaders()
  try {
    await program.parseAsync(argv)
  } catch (thrown) {
    const { exitCode, error } = failureOf(thrown)
    process.exitCode = exitCode
    if (!error) return
    const text = argv.includes('--json')
      ? problemLine(error)
      : renderProblem(error, styleOf(process.stderr, process.env))
    process.stderr.write(text)
  }
}
