import type { GaugeSource } from '../domain/metrics.ts'
import { QUERY_KINDS, type QueryKind, type VectorIndex } from '../domain/vector-index.ts'

function ofKind(index: VectorIndex, kind: QueryKind): GaugeSource[] {
  const of = `for the neighbours of a ${kind}`
  const recall = () => index.status().kinds[kind].recall
  return [
    { name: `ef_${kind}`, help: `Search width of the graph ${of}.`, read: () => index.status().kinds[kind].ef },
    { name: `recall_at_10_${kind}`, help: `Measured recall@10 ${of}.`, read: () => recall()?.at10 ?? Number.NaN },
    { name: `recall_at_10_low_${kind}`, help: 'Low end of its interval.', read: () => recall()?.low ?? Number.NaN },
    { name: `recall_at_10_high_${kind}`, help: 'High end of its interval.', read: () => recall()?.high ?? Number.NaN },
    { name: `recall_sample_${kind}`, help: 'Queries it was measured with.', read: () => recall()?.sample ?? 0 },
  ]
}

/** What an index says of itself, for the metrics. */
export const indexGauges = (index: VectorIndex): GaugeSource[] => [
  { name: 'index_vectors', help: 'Vectors that can be searched.', read: () => index.status().vectors },
  { name: 'index_in_graph', help: 'Vectors that the graph answers for.', read: () => index.status().inGraph },
  { name: 'degraded', help: 'How many parts are missing right now.', read: () => index.status().degraded.length },
  {
    name: 'recall_low',
    help: 'Whether searches surely find less than the recall target.',
    read: () => Number(index.status().degraded.includes('recall-low')),
  },
  ...QUERY_KINDS.flatMap((kind) => ofKind(index, kind)),
]
