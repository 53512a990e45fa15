import { type Command, Option } from 'commander'
import { SuggestRequest } from '../../domain/query.ts'
import { suggestTitles } from '../../services/suggest.ts'
import { parseRequest, wholeNumber } from '../request.ts'
import { withKindred } from '../session.ts'
import { printable } from '../style.ts'

const HELP = `
Examples:
  $ kindred suggest graph att
  $ kindred suggest "nearest neigbour" --limit 3`

async function run(words: string[], { limit }: { readonly limit?: number }, command: Command): Promise<void> {
  const request = parseRequest(SuggestRequest, { q: words.join(' '), limit })
  await withKindred(command, { readOnly: true, allowStale: true }, async ({ deps }, { output, json }) => {
    const suggestions = await suggestTitles(deps, request)
    if (json) return output.json(suggestions)
    await output.write(suggestions.data.map(({ title }) => `${printable(title)}\n`).join(''))
    if (suggestions.data.length === 0) output.note('No title goes on like that.')
  })
}

export function addSuggest(program: Command): void {
  program
    .command('suggest')
    .summary('complete a title')
    .description('Lists titles that hold all the words, the last of which may be unfinished.')
    .argument('<words...>', 'the beginning of a title, or words of it')
    .addOption(new Option('-n, --limit <count>', 'how many titles (default: 10, at most 100)').argParser(wholeNumber))
    .addHelpText('after', HELP)
    .action(run)
}
