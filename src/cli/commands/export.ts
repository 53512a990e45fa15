import { type Command, Option } from 'commander'
import { z } from 'zod'
import { writeFileAtomically } from '../../disk/atomic-file.ts'
import { CitationFormat } from '../../domain/bibliography.ts'
import { fail } from '../../domain/errors.ts'
import { exportCitations } from '../../services/bibliography/write.ts'
import type { Deps } from '../../services/deps.ts'
import { exportPapers } from '../../services/export.ts'
import { type Interruption, listenForInterrupts } from '../interrupt.ts'
import { withKindred } from '../session.ts'
import { counted } from '../style.ts'

const HELP = `
As JSONL every line is a paper with its embedding; \`kindred ingest\` takes it back without embedding again. The other
formats are for reference managers and text processors; citation keys are those of \`kindred context\`.

Examples:
  $ kindred export papers.jsonl.gz
  $ kindred export | jq -r .title
  $ kindred export library.bib --format bibtex`

const JSONL = 'jsonl'
const Format = z.enum([JSONL, ...CitationFormat.options])

interface ExportOptions {
  readonly format: z.infer<typeof Format>
}

interface Watch {
  readonly signal: AbortSignal
  onPaper(): void
}

async function* lines(deps: Deps, onPaper: () => void): AsyncGenerator<string> {
  for await (const record of exportPapers(deps)) {
    onPaper()
    yield `${JSON.stringify(record)}\n`
  }
}

async function* chunksOf(deps: Deps, { format }: ExportOptions, { signal, onPaper }: Watch): AsyncGenerator<string> {
  const chunks = format === JSONL ? lines(deps, onPaper) : exportCitations(deps, format, onPaper)
  for await (const chunk of chunks) {
    if (signal.aborted) fail('INTERRUPTED', 'Stopped before the export was complete.')
    yield chunk
  }
}

interface Target {
  readonly file: string | undefined
  readonly signal: AbortSignal
}

async function exportTo({ file, signal }: Target, options: ExportOptions, command: Command): Promise<void> {
  await withKindred(command, { readOnly: true }, async ({ deps }, { output, json }) => {
    let papers = 0
    const chunks = chunksOf(deps, options, {
      signal,
      onPaper: () => {
        papers += 1
      },
    })
    if (file === undefined) {
      for await (const line of chunks) await output.write(line)
      return output.note(`Exported ${counted(papers, 'paper')}.`)
    }
    await writeFileAtomically(file, chunks, { signal, gzip: true })
    await (json ? output.json({ papers, file }) : output.write(`Exported ${counted(papers, 'paper')} to ${file}.\n`))
  })
}

async function run(file: string | undefined, options: ExportOptions, command: Command): Promise<void> {
  const { signal, release }: Interruption = listenForInterrupts()
  try {
    await exportTo({ file, signal }, options, command)
  } finally {
    release()
  }
}

export function addExport(program: Command): void {
  program
    .command('export')
    .summary('write all papers: with their embeddings, or as citations')
    .description(
      'Writes every paper to standard output, or whole into a file: as JSONL with its embedding, or as citation.',
    )
    .argument('[file]', 'where to; a name that ends in .gz is compressed')
    .addOption(new Option('--format <format>', 'what is written').choices(Format.options).default(JSONL))
    .addHelpText('after', HELP)
    .action(run)
}
