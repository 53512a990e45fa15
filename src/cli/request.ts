import { type Command, InvalidArgumentError, Option } from 'commander'
import type { z } from 'zod'
import { CitationFormat } from '../domain/bibliography.ts'
import { fail } from '../domain/errors.ts'
import type { List } from '../domain/query.ts'
import { writeCitations } from '../services/bibliography/write.ts'
import type { Deps } from '../services/deps.ts'
import { renderHits, summarizeList } from './render-hits.ts'
import type { Session } from './session.ts'

/** What every command that lists hits takes; `--ef` is a setting. */
export interface PageOptions {
  readonly limit?: number
  readonly offset?: number
  readonly exact?: boolean
  readonly explain?: boolean
  readonly minScore?: number
  readonly diversity?: number
  readonly recencyHalfLife?: number
  readonly collapse?: boolean
  readonly format?: CitationFormat
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

export function decimal(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('It must be a number.')
  return Number(text)
}

/** `--format`: papers as citations instead of a list for people. */
export const citationOption = (): Option =>
  new Option('--format <format>', 'print citations for a reference manager').choices(CitationFormat.options)

export function addPageOptions(command: Command): Command {
  return command
    .addOption(new Option('-n, --limit <count>', 'how many hits (default: 10, at most 100)').argParser(wholeNumber))
    .addOption(new Option('--offset <count>', 'how many hits to pass over first').argParser(wholeNumber))
    .option('--exact', 'compare with every vector instead of walking the graph')
    .option('--explain', 'say how each hit came about')
    .addOption(new Option('--min-score <score>', '0 to 1: leave out hits with a lower score').argParser(decimal))
    .addOption(
      new Option('--diversity <share>', '0 to 1: how much hits shall differ from each other').argParser(decimal),
    )
    .addOption(
      new Option('--recency-half-life <days>', 'halve scores with every so many days of age').argParser(decimal),
    )
    .option('--collapse', 'show one paper of those that say nearly the same')
    .addOption(citationOption())
}

export const pageOf = ({ recencyHalfLife, ...page }: PageOptions) => ({
  limit: page.limit,
  offset: page.offset,
  exact: page.exact,
  explain: page.explain,
  minScore: page.minScore,
  diversity: page.diversity,
  recencyHalfLifeDays: recencyHalfLife,
  collapse: page.collapse,
})

/** A request of the domain made of options. Throws INVALID_REQUEST with all faults. */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, options: unknown): z.output<Schema> {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const detail = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  return fail('INVALID_REQUEST', detail, { issues })
}

interface Printing extends Pick<Session, 'output' | 'json'> {
  readonly format?: CitationFormat | undefined
}

/** Prints the hits, and for people what they should know of them; or citations of them. */
export async function writeList(deps: Deps, list: List, { output, json, format }: Printing): Promise<void> {
  if (format) {
    return output.write(
      await writeCitations(
        deps,
        format,
        list.data.map(({ id }) => id),
      ),
    )
  }
  if (json) return output.json(list)
  await output.write(renderHits(list, output.style))
  if (list.data.length > 0) return output.note(summarizeList(list))
  const { papers } = await deps.store.stats()
  output.note(papers === 0 ? 'The index is empty: `kindred ingest <files>` fills it.' : 'Nothing matches.')
}
