import { type Command, Option } from 'commander'
import { SearchMode, SearchRequest } from '../../domain/query.ts'
import { searchPapers } from '../../services/search.ts'
import { addPageOptions, type PageOptions, pageOf, parseRequest, writeList } from '../request.ts'
import { withKindred } from '../session.ts'
import { showSettings } from '../settings.ts'

const HELP = `
Examples:
  $ kindred search "how can a model read very long documents"
  $ kindred search diffusion models for proteins --limit 5 --explain
  $ kindred search "BM25" --mode lexical --json`

interface SearchOptions extends PageOptions {
  readonly mode?: SearchMode
}

async function run(words: string[], options: SearchOptions, command: Command): Promise<void> {
  const request = parseRequest(SearchRequest, { query: words.join(' '), mode: options.mode, ...pageOf(options) })
  await withKindred(command, { readOnly: true }, async ({ deps }, session) => {
    await writeList(deps, await searchPapers(deps, request), session)
  })
}

export function addSearch(program: Command): void {
  const command = program
    .command('search')
    .summary('ask a question in natural language')
    .description('Finds papers that answer a question: by meaning, by words, or by both.')
    .argument('<question...>', 'the question, in plain words')
    .addOption(
      new Option('--mode <mode>', 'by meaning (dense), by words (lexical) or by both (default: hybrid)').choices(
        SearchMode.options,
      ),
    )
  addPageOptions(command).addHelpText('after', HELP).action(run)
  showSettings(command, 'search')
}
