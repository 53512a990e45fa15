import { z } from 'zod'
import { MAX_QUERY, SearchRequest } from '../../domain/query.ts'
import { searchPapers } from '../../services/search.ts'
import { parseArguments } from '../arguments.ts'
import { hitsOf } from '../hits.ts'
import { defineTool } from '../tool.ts'

/** One argument and these names: what connectors of ChatGPT call. */
export const search = defineTool({
  name: 'search',
  title: 'Search papers',
  description:
    'Search scientific abstracts by a question in plain words. Each result has id, title, url and its best sentence. confidence "none": no paper speaks of it; say so.',
  input: z.strictObject({ query: z.string().min(1).max(MAX_QUERY) }),
  run: async (deps, { query }) => {
    const request = parseArguments(SearchRequest, { query })
    return { structured: hitsOf(await searchPapers(deps, request)) }
  },
})
