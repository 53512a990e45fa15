import type { Command } from 'commander'
import { fail } from '../../domain/errors.ts'
import type { Deps } from '../../services/deps.ts'
import { exportPapers } from '../../services/export.ts'
import { writeFileAtomically } from '../atomic-file.ts'
import { type Interruption, listenForInterrupts } from '../interrupt.ts'
import { withKindred } from '../session.ts'
import { counted } from '../style.ts'

const HELP = `
Every line is a paper with its embedding; \`kindred ingest\` takes it back without embedding again.

Examples:
  $ kindred export papers.jsonl.gz
  $ kindred export | jq -r .title`

interface Watch {
  readonly signal: AbortSignal
  onPaper(): void
}

async function* lines(deps: Deps, { signal, onPaper }: Watch): AsyncGenerator<string> {
  for await (const record of exportPapers(deps)) {
    if (signal.aborted) fail('INTERRUPTED', 'Stopped before the export was complete.')
    onPaper()
    yield `${JSON.stringify(record)}\n`
  }
}

async function exportTo(file: string | undefined, command: Command, signal: AbortSignal): Promise<void> {
  await withKindred(command, { readOnly: true }, async ({ deps }, { output, json }) => {
    let papers = 0
    const chunks = lines(deps, {
      signal,
      onPaper: () => {
        papers += 1
      },
    })
    if (file === undefined) {
      for await (const line of chunks) await output.write(line)
      return output.note(`Exported ${counted(papers, 'paper')}.`)
    }
    await writeFileAtomically(file, chunks, signal)
    await (json ? output.json({ papers, file }) : output.write(`Exported ${counted(papers, 'paper')} to ${file}.\n`))
  })
}

async function run(file: string | undefined, _options: unknown, command: Command): Promise<void> {
  const { signal, release }: Interruption = listenForInterrupts()
  try {
    await exportTo(file, command, signal)
  } finally {
    release()
  }
}

export function addExport(program: Command): void {
  program
    .command('export')
    .summary('write all papers with their embeddings as JSONL')
    .description('Writes every paper with its embedding as JSONL, to standard output or whole into a file.')
    .argument('[file]', 'where to; a name that ends in .gz is compressed')
    .addHelpText('after', HELP)
    .action(run)
}
