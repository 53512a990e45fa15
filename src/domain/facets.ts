import { z } from 'zod'
import { Filter } from './filter.ts'
import type { FilterField } from './filter-tree.ts'
import { MAX_QUERY } from './query.ts'

/** What papers are counted by, and the field of each. */
export const FACETS = {
  year: 'year',
  author: 'authors',
  organization: 'organization',
  venue: 'venue',
  category: 'categories',
  source: 'sources',
} as const satisfies Record<string, FilterField>
export const Facet = z.enum(Object.keys(FACETS) as (keyof typeof FACETS)[])
export type Facet = z.infer<typeof Facet>

/** Values a facet lists at most. */
export const MAX_FACET_VALUES = 100

export const FacetsRequest = z.strictObject({
  by: z.array(Facet).min(1).max(Facet.options.length).meta({ description: 'What to count by.' }),
  query: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(MAX_QUERY)
    .optional()
    .meta({ description: 'Count only papers that hold a word of it.' }),
  filter: Filter.optional(),
})
export type FacetsRequest = z.infer<typeof FacetsRequest>

export const FacetValue = z.object({ value: z.union([z.string(), z.int()]), count: z.int().min(1) })
export type FacetValue = z.infer<typeof FacetValue>

export const Facets = z
  .object({
    total: z.int().meta({ description: 'How many papers were counted.' }),
    facets: z.partialRecord(Facet, z.array(FacetValue)).meta({
      description: `The ${MAX_FACET_VALUES} most frequent values of each facet asked for, most frequent first.`,
    }),
  })
  .meta({ id: 'Facets' })
export type Facets = z.infer<typeof Facets>
