import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Filter } from '../domain/filter.ts'
import { FilterShorthand, filterOfShorthand } from '../domain/filter-shorthand.ts'
import { allOf } from '../domain/filter-tree.ts'
import { parseRequest } from './request.ts'

/** What `search`, `similar` and `facets` all take to narrow down the papers. */
export interface FilterOptions {
  readonly filter?: unknown
  readonly year?: readonly string[]
  readonly publishedAfter?: string
  readonly publishedBefore?: string
  readonly author?: readonly string[]
  readonly organization?: readonly string[]
  readonly venue?: readonly string[]
  readonly category?: readonly string[]
  readonly source?: readonly string[]
}

const collect = (value: string, former: readonly string[] = []): string[] => [...former, value]

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InvalidArgumentError('It must be JSON, such as \'{"year": {"$gte": 2021}}\'.')
  }
}

const repeated = (flags: string, description: string): Option =>
  new Option(flags, `${description}; may be repeated: any of them`).argParser(collect)

export function addFilterOptions(command: Command): Command {
  return command
    .addOption(repeated('--year <years>', 'only papers of 2023, 2021-2023, 2021- or -2020'))
    .option('--published-after <date>', 'only papers of that day (YYYY-MM-DD) or later')
    .option('--published-before <date>', 'only papers of that day or earlier')
    .addOption(repeated('--author <name>', 'only papers of an author'))
    .addOption(repeated('--organization <name>', 'only papers of an organization, by handle or name'))
    .addOption(repeated('--venue <name>', 'only papers of a venue'))
    .addOption(repeated('--category <name>', 'only papers of a category such as cs.CL'))
    .addOption(repeated('--source <name>', 'only papers that came from a file'))
    .addOption(new Option('--filter <json>', 'a filter as POST /v1/search takes it').argParser(parseJson))
}

/** A request with what the options say beside its `filter`; all of it must hold. Throws INVALID_REQUEST. */
export function filtered<Request extends { readonly filter?: Filter | undefined }>(
  request: Request,
  options: FilterOptions,
): Request {
  const { year, publishedAfter, publishedBefore, author, organization, venue, category, source } = options
  const given = { year, publishedAfter, publishedBefore, author, organization, venue, category, source }
  const shorthand = filterOfShorthand(parseRequest(FilterShorthand, given))
  return { ...request, filter: allOf([request.filter, shorthand]) }
}
