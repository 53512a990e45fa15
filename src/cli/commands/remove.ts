import type { Command } from 'commander'
import { fail } from '../../domain/errors.ts'
import type { Deps } from '../../services/deps.ts'
import { getPapers, removePaper } from '../../services/papers.ts'
import { withKindred } from '../session.ts'
import { counted } from '../style.ts'

const HELP = `
Where one of the ids is unknown, nothing is removed.

Examples:
  $ kindred remove attention-is-all-you-need-7c2f4e
  $ kindred remove arxiv:1706.03762 doi:10.1000/xyz123`

/** The ids of the papers that the references mean, each once; two references may mean one paper. */
async function resolve(deps: Deps, references: readonly string[]): Promise<string[]> {
  const papers = await getPapers(deps, references)
  const unknown = references.filter((_reference, at) => !papers[at])
  if (unknown.length > 0)
    fail('PAPER_NOT_FOUND', `No paper has the id ${unknown.map((id) => `"${id}"`).join(', ')}; nothing was removed.`)
  return [...new Set(papers.flatMap((paper) => (paper ? [paper.id] : [])))]
}

async function run(references: string[], _options: unknown, command: Command): Promise<void> {
  await withKindred(command, { allowStale: true }, async ({ deps }, { output, json }) => {
    const removed = await resolve(deps, references)
    for (const id of removed) await removePaper(deps, id)
    await (json ? output.json({ removed }) : output.write(`Removed ${counted(removed.length, 'paper')}.\n`))
  })
}

export function addRemove(program: Command): void {
  program
    .command('remove')
    .summary('delete papers')
    .description('Deletes papers; they are in no answer from then on.')
    .argument('<ids...>', 'ids, arxiv:… or doi:…')
    .addHelpText('after', HELP)
    .action(run)
}
