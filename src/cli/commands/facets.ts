import type { Command } from 'commander'
import { Facet, FacetsRequest } from '../../domain/facets.ts'
import { countFacets } from '../../services/facets.ts'
import { addFilterOptions, type FilterOptions, filtered } from '../filter-options.ts'
import { renderFacets } from '../render-facets.ts'
import { parseRequest } from '../request.ts'
import { withKindred } from '../session.ts'
import { counted } from '../style.ts'

const HELP = `
Examples:
  $ kindred facets
  $ kindred facets diffusion models --by year,author
  $ kindred facets --by venue --year 2021-`

interface FacetsOptions extends FilterOptions {
  readonly by?: string
}

const names = (list: string): string[] => list.split(',').map((name) => name.trim())

async function run(words: string[], options: FacetsOptions, command: Command): Promise<void> {
  const by = options.by === undefined ? Facet.options : names(options.by)
  const query = words.length > 0 ? words.join(' ') : undefined
  const request = filtered(parseRequest(FacetsRequest, { by, query, filter: options.filter }), options)
  await withKindred(command, { readOnly: true, allowStale: true }, async ({ deps }, { output, json }) => {
    const counts = await countFacets(deps, request)
    if (json) return output.json(counts)
    await output.write(renderFacets(counts, output.style))
    output.note(`of ${counted(counts.total, 'paper')}`)
  })
}

export function addFacets(program: Command): void {
  const command = program
    .command('facets')
    .summary('count papers by year, author, venue …')
    .description('Counts papers by their values: all of them, or those that hold a word of a question.')
    .argument('[question...]', 'count only papers that hold a word of it')
    .option('--by <facets>', `what to count by, parted by commas (default: all of ${Facet.options.join(',')})`)
  addFilterOptions(command).addHelpText('after', HELP).action(run)
}
