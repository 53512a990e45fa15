import { type Command, InvalidArgumentError, Option } from 'commander'
import type { z } from 'zod'
import { fail } from '../domain/errors.ts'
import type { List } from '../domain/query.ts'
import type { Deps } from '../services/deps.ts'
import { renderHits, summarizeList } from './render-hits.ts'
import type { Session } from './session.ts'

/** What `search` and `similar` both take; `--ef` is a setting. */
export interface PageOptions {
  readonly limit?: number
  readonly offset?: number
  readonly exact?: boolean
  readonly explain?: boolean
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}

export function addPageOptions(command: Command): Command {
  return command
    .addOption(new Option('-n, --limit <count>', 'how many hits (default: 10, at most 100)').argParser(wholeNumber))
    .addOption(new Option('--offset <count>', 'how many hits to pass over first').argParser(wholeNumber))
    .option('--exact', 'compare with every vector instead of walking the graph')
    .option('--explain', 'say how each hit came about')
}

export const pageOf = ({ limit, offset, exact, explain }: PageOptions) => ({ limit, offset, exact, explain })

/** A request of the domain made of options. Throws INVALID_REQUEST with all faults. */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, options: unknown): z.output<Schema> {
  const parsed = schema.safeParse(options)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const detail = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ')
  return fail('INVALID_REQUEST', detail, { issues })
}

/** Prints the hits, and for people what they should know of them. */
export async function writeList(deps: Deps, list: List, { output, json }: Session): Promise<void> {
  if (json) return output.json(list)
  await output.write(renderHits(list, output.style))
  if (list.data.length > 0) return output.note(summarizeList(list))
  const { papers } = await deps.store.stats()
  output.note(papers === 0 ? 'The index is empty: `kindred ingest <files>` fills it.' : 'Nothing matches.')
}
