import { type Command, Option } from 'commander'
import { ContextRequest, ContextStyle, TokenizerName } from '../../domain/context.ts'
import { fail } from '../../domain/errors.ts'
import { buildContext } from '../../services/context/build-context.ts'
import type { Deps } from '../../services/deps.ts'
import { addFilterOptions, type FilterOptions, filtered } from '../filter-options.ts'
import { findPaper } from '../reference.ts'
import { summarizeContext } from '../render-context.ts'
import { decimal, parseRequest, wholeNumber } from '../request.ts'
import { withKindred } from '../session.ts'
import { showSettings } from '../settings.ts'

const HELP = `
The text goes to standard output as it is counted, so that it can be piped into a model.

Examples:
  $ kindred context "how can a model read very long documents" --max-tokens 2000
  $ kindred context --paper arxiv:1706.03762 --paper "Graph Attention Networks" --style xml
  $ kindred context "masked language models" --json > context.json`

interface ContextOptions extends FilterOptions {
  readonly paper?: readonly string[]
  readonly maxTokens?: number
  readonly style?: ContextStyle
  readonly tokenizer?: TokenizerName
  readonly limit?: number
  readonly diversity?: number
  readonly minScore?: number
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

function requestOf(words: readonly string[], options: ContextOptions): ContextRequest {
  const { paper, maxTokens, style, tokenizer, limit, diversity, minScore, filter } = options
  const query = words.length === 0 ? undefined : words.join(' ')
  const given = { query, ids: paper, maxTokens, style, tokenizer, limit, diversity, minScore, filter }
  const request = filtered(parseRequest(ContextRequest, given), options)
  if (request.ids && request.filter) fail('INVALID_REQUEST', 'Filters bound a search; they do not go with --paper.')
  return request
}

const idsOf = (deps: Deps, references: readonly string[]): Promise<string[]> =>
  Promise.all(references.map(async (reference) => (await findPaper(deps, reference)).id))

async function run(words: string[], options: ContextOptions, command: Command): Promise<void> {
  const request = requestOf(words, options)
  await withKindred(command, { readOnly: true }, async ({ deps }, { output, json }) => {
    const ids = request.ids && (await idsOf(deps, request.ids))
    const context = await buildContext(deps, { ...request, ids })
    if (json) return output.json(context)
    await output.write(context.context)
    output.note(summarizeContext(context))
  })
}

export function addContext(program: Command): void {
  const command = program
    .command('context')
    .summary('papers as one text for a language model, within a budget of tokens')
    .description(
      'Packs what papers say to a question into one text: best sentences first, abstracts in full while they fit, each ' +
        'paper with a key to cite it by.',
    )
    .argument('[question...]', 'the question, in plain words')
    .addOption(
      new Option(
        '--paper <paper>',
        'an id, arxiv:…, doi:… or exact title instead of a search; again for more',
      ).argParser(collect),
    )
    .addOption(
      new Option('--max-tokens <count>', 'what the whole text may cost (default: 2000)').argParser(wholeNumber),
    )
    .addOption(new Option('--style <style>', 'how it is laid out (default: markdown)').choices(ContextStyle.options))
    .addOption(
      new Option('--tokenizer <name>', 'what tokens are counted with (default: o200k)').choices(TokenizerName.options),
    )
    .addOption(
      new Option('-n, --limit <count>', 'how many papers a search gives at most (default: 12)').argParser(wholeNumber),
    )
    .addOption(
      new Option('--diversity <share>', '0 to 1: how much papers shall differ (default: 0.1)').argParser(decimal),
    )
    .addOption(
      new Option('--min-score <score>', '0 to 1: leave out papers with a lower score (default: 0.1)').argParser(
        decimal,
      ),
    )
  addFilterOptions(command).addHelpText('after', HELP).action(run)
  showSettings(command, 'search')
}
