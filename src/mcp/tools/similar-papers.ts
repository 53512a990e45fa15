import { z } from 'zod'
import { SimilarRequest, SimilarTextRequest } from '../../domain/query.ts'
import type { Deps } from '../../services/deps.ts'
import { resolveIds } from '../../services/references.ts'
import { similarPapers as likePaper } from '../../services/similar.ts'
import { similarToText } from '../../services/similar-text.ts'
import { parseArguments } from '../arguments.ts'
import { hitsOf } from '../hits.ts'
import { hitLimit, reference, yearFilter, years } from '../inputs.ts'
import { defineTool } from '../tool.ts'

const MAX_PASTED = 20_000

const input = z
  .strictObject({
    id: reference.optional(),
    text: z.string().min(1).max(MAX_PASTED).optional(),
    limit: hitLimit,
    years,
  })
  .refine(({ id, text }) => (id === undefined) !== (text === undefined), { message: 'give either id or text' })

async function find(deps: Deps, { id, text, limit, years: given }: z.output<typeof input>) {
  const filter = yearFilter(given)
  if (id === undefined) return similarToText(deps, { ...parseArguments(SimilarTextRequest, { text, limit }), filter })
  const [found] = await resolveIds(deps, [id])
  return likePaper(deps, { ...parseArguments(SimilarRequest, { id: found, limit }), filter })
}

export const similarPapers = defineTool({
  name: 'similar_papers',
  title: 'Similar papers',
  description: 'Papers like one (id) or like a draft abstract (text); give either.',
  input,
  run: async (deps, given) => ({ structured: hitsOf(await find(deps, given)) }),
})
