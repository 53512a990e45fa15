import { type Command, Option } from 'commander'
import { SearchMode, SearchRequest, Stage } from '../../domain/query.ts'
import { loadReranker, wantsRerank } from '../../services/rerank.ts'
import { searchPapers } from '../../services/search.ts'
import { addFilterOptions, type FilterOptions, filtered } from '../filter-options.ts'
import { addPageOptions, type PageOptions, pageOf, parseRequest, writeList } from '../request.ts'
import { withKindred } from '../session.ts'
import { showSettings } from '../settings.ts'

const HELP = `
Examples:
  $ kindred search "how can a model read very long documents"
  $ kindred search diffusion models for proteins --limit 5 --explain
  $ kindred search "BM25" --mode lexical --json
  $ kindred search graphs --year 2021- --category cs.LG
  $ kindred search "masked language models" --format bibtex > references.bib`

interface SearchOptions extends PageOptions, FilterOptions {
  readonly mode?: SearchMode
  readonly without?: string[]
}

async function run(words: string[], options: SearchOptions, command: Command): Promise<void> {
  const given = {
    query: words.join(' '),
    mode: options.mode,
    without: options.without,
    ...pageOf(options),
    filter: options.filter,
  }
  const request = filtered(parseRequest(SearchRequest, given), options)
  await withKindred(command, { readOnly: true }, async ({ deps }, session) => {
    if (wantsRerank(request)) await loadReranker(deps)
    await writeList(deps, await searchPapers(deps, request), { ...session, format: options.format })
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
    .addOption(new Option('--without <stage...>', 'stages of hybrid search to leave out').choices(Stage.options))
  addFilterOptions(addPageOptions(command)).addHelpText('after', HELP).action(run)
  showSettings(command, 'search')
}
