import { z } from 'zod'
import { LIMITS } from './paper.ts'
import { MAX_TEXT, page } from './query.ts'

/** Positives and negatives together. */
const MAX_SEEDS = 100

export const RecommendStrategy = z.enum(['average', 'bestScore', 'sumScores', 'multiInterest'])
export type RecommendStrategy = z.infer<typeof RecommendStrategy>

const Reference = z.string().trim().min(1).max(LIMITS.name)
const TextSeed = z.strictObject({ text: z.string().trim().min(1, 'must not be empty').max(MAX_TEXT) })
const SeedReference = z.union([Reference, TextSeed]).meta({ description: 'The id of a paper, or a text.' })
/** The id of a paper, or a text to be read as one. */
export type SeedReference = z.infer<typeof SeedReference>

const seeds = z.array(SeedReference).max(MAX_SEEDS).default([])
const ids = z.array(Reference).max(MAX_SEEDS).default([])

interface SeedLists {
  readonly positive: readonly unknown[]
  readonly negative: readonly unknown[]
  readonly positivePaperIds: readonly unknown[]
  readonly negativePaperIds: readonly unknown[]
}

const positives = ({ positive, positivePaperIds }: SeedLists): number => positive.length + positivePaperIds.length
const negatives = ({ negative, negativePaperIds }: SeedLists): number => negative.length + negativePaperIds.length

/** Strategies that have nothing to go by without something to be like. */
const NEEDS_POSITIVES: readonly RecommendStrategy[] = ['average', 'multiInterest']

/** Papers like these, unlike those. */
export const RecommendRequest = z
  .strictObject({
    positive: seeds.meta({ description: 'What the papers shall be like.', example: ['arxiv:1706.03762'] }),
    negative: seeds.meta({ description: 'What they shall not be like.' }),
    positivePaperIds: ids.meta({ description: 'More positives, ids only.' }),
    negativePaperIds: ids.meta({ description: 'More negatives, ids only.' }),
    strategy: RecommendStrategy.default('multiInterest'),
    ...page,
  })
  .refine((body) => positives(body) + negatives(body) > 0, { message: 'give at least one paper or text' })
  .refine((body) => positives(body) + negatives(body) <= MAX_SEEDS, {
    message: `takes at most ${MAX_SEEDS} papers and texts together`,
  })
  .refine((body) => !NEEDS_POSITIVES.includes(body.strategy) || positives(body) > 0 || negatives(body) === 0, {
    message: 'bestScore and sumScores do without a positive, average and multiInterest do not',
    path: ['positive'],
  })
  .meta({ id: 'RecommendRequest' })
export type RecommendRequest = z.infer<typeof RecommendRequest>
