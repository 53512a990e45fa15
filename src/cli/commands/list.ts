import { type Command, Option } from 'commander'
import { ListPapersRequest, SortKey } from '../../domain/query.ts'
import { listPapers } from '../../services/papers.ts'
import { renderPapers } from '../render-paper.ts'
import { parseRequest, wholeNumber } from '../request.ts'
import { withKindred } from '../session.ts'
import { counted } from '../style.ts'

const HELP = `
Examples:
  $ kindred list --sort publishedAt --limit 50
  $ kindred list --cursor <the cursor that the former page ended with>`

interface ListOptions {
  readonly sort?: SortKey
  readonly limit?: number
  readonly cursor?: string
}

async function run({ sort, limit, cursor }: ListOptions, command: Command): Promise<void> {
  const request = parseRequest(ListPapersRequest, { sort, limit, cursor })
  await withKindred(command, { readOnly: true, allowStale: true }, async ({ deps }, { output, json }) => {
    const page = await listPapers(deps, request)
    if (json) return output.json(page)
    await output.write(renderPapers(page, output.style))
    output.note(counted(page.total, 'paper') + (page.nextCursor ? ` · next page: --cursor ${page.nextCursor}` : ''))
  })
}

export function addList(program: Command): void {
  program
    .command('list')
    .summary('page through all papers')
    .description('Lists the papers of the index, page by page.')
    .addOption(new Option('--sort <key>', 'order (default: addedAt)').choices(SortKey.options))
    .addOption(new Option('-n, --limit <count>', 'papers a page (default: 20, at most 100)').argParser(wholeNumber))
    .option('--cursor <cursor>', 'where to go on')
    .addHelpText('after', HELP)
    .action(run)
}
