import { z } from 'zod'
import { type Citation, type Context, ContextRequest } from '../../domain/context.ts'
import { MAX_QUERY } from '../../domain/query.ts'
import { buildContext as pack } from '../../services/context/build-context.ts'
import { resolveIds } from '../../services/references.ts'
import { parseArguments } from '../arguments.ts'
import { reference, yearFilter, years } from '../inputs.ts'
import { paperUri } from '../paper-uri.ts'
import { defineTool } from '../tool.ts'

const MAX_TOKENS = 8_000
const MAX_PAPERS = 30

const cited = ({ key, id, title, url, flags }: Citation) => ({
  key,
  id,
  title,
  url: url ?? paperUri(id),
  ...(flags.length > 0 && { flags }),
})

const shown = ({ context, tokenCount, citations, omittedTotal, confidence }: Context) => ({
  context,
  tokenCount,
  citations: citations.map(cited),
  omittedTotal,
  ...(confidence && { confidence }),
})

export const buildContext = defineTool({
  name: 'build_context',
  title: 'Build a context',
  description:
    'What papers say to a question, as one text within maxTokens, to answer from. Found by query, or those of ids. Cite by the keys in brackets, quote word by word, then call verify_quotes.',
  input: z
    .strictObject({
      query: z.string().min(1).max(MAX_QUERY).optional(),
      ids: z.array(reference).min(1).max(MAX_PAPERS).optional(),
      maxTokens: z.int().min(200).max(MAX_TOKENS).default(2_000),
      limit: z.int().min(1).max(MAX_PAPERS).default(12),
      years,
    })
    .refine(({ query, ids }) => query !== undefined || ids !== undefined, { message: 'give query, ids or both' })
    .refine(({ ids, years: given }) => ids === undefined || given === undefined, {
      message: 'bounds a search; it does not go with ids',
      path: ['years'],
    }),
  run: async (deps, { years: given, ids, ...rest }) => {
    const request = parseArguments(ContextRequest, { ...rest, ids: ids && (await resolveIds(deps, ids)) })
    const structured = shown(await pack(deps, { ...request, filter: yearFilter(given) }))
    return { structured, text: structured.context }
  },
})
