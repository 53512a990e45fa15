import { z } from 'zod'
import { SearchMode } from '../../domain/query.ts'

/** The modes of search, none of them with the cross-encoder, and `rerank`: hybrid search with it. */
export const EvaluationMode = z.enum([...SearchMode.options, 'rerank'])
export type EvaluationMode = z.infer<typeof EvaluationMode>

const EstimateShape = z.object({ mean: z.number(), low: z.number(), high: z.number() }).meta({
  description: 'A mean over questions with its 95 % interval (percentile bootstrap).',
})

/** By name: `nDCG@10`, `MRR@10`, `recall@10`, `recall@50`, `recall@100`. */
const Estimates = z.record(z.string(), EstimateShape)
export type Estimates = z.infer<typeof Estimates>

const KindReport = z.object({ kind: z.string(), queries: z.int(), metrics: Estimates })

const ModeReport = z.object({ mode: EvaluationMode, metrics: Estimates, kinds: z.array(KindReport) })
export type ModeReport = z.infer<typeof ModeReport>

const Comparison = z.object({
  metric: z.string(),
  one: EvaluationMode,
  other: EvaluationMode,
  difference: EstimateShape.meta({ description: 'Mean of one minus other.' }),
  p: z.number().meta({ description: 'Two-sided, paired randomisation test; not corrected for several tests.' }),
})
export type Comparison = z.infer<typeof Comparison>

/** What `kindred eval --json` prints. The same index, questions and seed give the same report. */
export const EvaluationReport = z.object({
  model: z.string(),
  papers: z.int(),
  queries: z.int().meta({ description: 'Questions that have a relevant paper; the others are left out.' }),
  withoutRelevant: z.array(z.string()).meta({ description: 'The qids that were left out.' }),
  unresolved: z
    .array(z.object({ qid: z.string(), reference: z.string() }))
    .meta({ description: 'Relevant papers that the index does not have; they count as not found.' }),
  notReranked: z
    .array(z.string())
    .meta({ description: 'Questions of mode rerank that the cross-encoder did not answer within its budget.' }),
  k: z.int(),
  seed: z.int(),
  resamples: z.int(),
  modes: z.array(ModeReport),
  comparisons: z.array(Comparison),
  perQuery: z.array(
    z.object({ qid: z.string(), kind: z.string(), mode: EvaluationMode, metrics: z.record(z.string(), z.number()) }),
  ),
})
export type EvaluationReport = z.infer<typeof EvaluationReport>
