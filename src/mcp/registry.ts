import type { Prompt } from './prompt.ts'
import { literatureReview } from './prompts/literature-review.ts'
import { priorArt } from './prompts/prior-art.ts'
import type { Tool } from './tool.ts'
import { buildContext } from './tools/build-context.ts'
import { fetch } from './tools/fetch.ts'
import { recommendPapers } from './tools/recommend-papers.ts'
import { search } from './tools/search.ts'
import { similarPapers } from './tools/similar-papers.ts'
import { verifyQuotes } from './tools/verify-quotes.ts'

/** In the order in which clients list them; models read the list with every request, so its bytes stay the same. */
export const TOOLS: readonly Tool[] = [search, fetch, similarPapers, recommendPapers, buildContext, verifyQuotes]

export const PROMPTS: readonly Prompt[] = [literatureReview, priorArt]
