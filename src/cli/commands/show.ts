import type { Command } from 'commander'
import type { CitationFormat } from '../../domain/bibliography.ts'
import { writeCitations } from '../../services/bibliography/write.ts'
import { findPaper } from '../reference.ts'
import { renderPaper } from '../render-paper.ts'
import { citationOption } from '../request.ts'
import { withKindred } from '../session.ts'

const HELP = `
Examples:
  $ kindred show arxiv:1706.03762
  $ kindred show Attention Is All You Need
  $ kindred show arxiv:1706.03762 --format bibtex`

interface ShowOptions {
  readonly format?: CitationFormat
}

async function run(words: string[], { format }: ShowOptions, command: Command): Promise<void> {
  await withKindred(command, { readOnly: true, allowStale: true }, async ({ deps }, { output, json }) => {
    const paper = await findPaper(deps, words.join(' '))
    if (format) return output.write(await writeCitations(deps, format, [paper.id]))
    await (json ? output.json(paper) : output.write(renderPaper(paper, output.style)))
  })
}

export function addShow(program: Command): void {
  program
    .command('show')
    .summary('print one paper')
    .description('Prints a paper with all that is known of it.')
    .argument('<paper...>', 'an id, arxiv:…, doi:…, or the exact title')
    .addOption(citationOption())
    .addHelpText('after', HELP)
    .action(run)
}
