import { z } from 'zod'
import { RecommendRequest } from '../../domain/recommend.ts'
import { recommend } from '../../services/recommend.ts'
import { resolveIds } from '../../services/references.ts'
import { parseArguments } from '../arguments.ts'
import { hitsOf } from '../hits.ts'
import { hitLimit, reference, yearFilter, years } from '../inputs.ts'
import { defineTool } from '../tool.ts'

const MAX_SEEDS = 20

export const recommendPapers = defineTool({
  name: 'recommend_papers',
  title: 'Recommend papers',
  description: 'Papers like several, and unlike others, by their ids. Each topic among them gets its turn.',
  input: z.strictObject({
    like: z.array(reference).min(1).max(MAX_SEEDS),
    unlike: z.array(reference).max(MAX_SEEDS).default([]),
    limit: hitLimit,
    years,
  }),
  run: async (deps, { like, unlike, limit, years: given }) => {
    const [positivePaperIds, negativePaperIds] = await Promise.all([resolveIds(deps, like), resolveIds(deps, unlike)])
    const request = parseArguments(RecommendRequest, { positivePaperIds, negativePaperIds, limit })
    return { structured: hitsOf(await recommend(deps, { ...request, filter: yearFilter(given) })) }
  },
})
