import { z } from 'zod'
import { FilterShorthand, filterOfShorthand } from '../domain/filter-shorthand.ts'
import type { Filter } from '../domain/filter-tree.ts'
import { LIMITS } from '../domain/paper.ts'

const MAX_HITS = 20
const MAX_REFERENCE = LIMITS.name

/** What names a paper: an id, `arxiv:…`, `doi:…` or a citation key. */
export const reference = z.string().min(1).max(MAX_REFERENCE)

export const hitLimit = z.int().min(1).max(MAX_HITS).default(10)

export const years = z
  .string()
  .max(9)
  .refine(
    (given) => FilterShorthand.safeParse({ year: [given] }).success,
    'must be a year or a range: 2023, 2021-2023, 2021- or -2020',
  )
  .optional()
  .describe('2023, 2021-2023 or 2021-')

/** The filter of `years`, which are valid. */
export const yearFilter = (given: string | undefined): Filter | undefined =>
  given === undefined ? undefined : filterOfShorthand(FilterShorthand.parse({ year: [given] }))
