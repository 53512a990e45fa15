import type { Command } from 'commander'
import { findPaper } from '../reference.ts'
import { renderPaper } from '../render-paper.ts'
import { withKindred } from '../session.ts'

const HELP = `
Examples:
  $ kindred show arxiv:1706.03762
  $ kindred show Attention Is All You Need`

async function run(words: string[], _options: unknown, command: Command): Promise<void> {
  await withKindred(command, { readOnly: true, allowStale: true }, async ({ deps }, { output, json }) => {
    const paper = await findPaper(deps, words.join(' '))
    await (json ? output.json(paper) : output.write(renderPaper(paper, output.style)))
  })
}

export function addShow(program: Command): void {
  program
    .command('show')
    .summary('print one paper')
    .description('Prints a paper with all that is known of it.')
    .argument('<paper...>', 'an id, arxiv:…, doi:…, or the exact title')
    .addHelpText('after', HELP)
    .action(run)
}
