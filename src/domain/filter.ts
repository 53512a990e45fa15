import { z } from 'zod'
import { FilterReader } from './filter-reader.ts'
import { FILTER_FIELD_NAMES, type Filter as FilterTree } from './filter-tree.ts'

const DESCRIPTION =
  `Which papers may be listed, in the style of MongoDB: {field: value} or {field: {operator: value}}, all of
which must hold, with $and, $or and $not around them. Fields: ${FILTER_FIELD_NAMES.join(', ')}. Operators: $eq, $ne, $in, $nin,
$exists, $not; over year, publishedAt and commentCount also $gt, $gte, $lt, $lte. A field of several values matches where
any of them does; $ne, $nin and $not also match papers that lack the field. Case does not matter, except in id; an
organization goes by its handle or its name.`.replaceAll('\n', ' ')

/** Mongo-style JSON, read into a Filter. Every fault is an issue with its path. */
export const Filter = z
  .unknown()
  .transform((raw, context): FilterTree => {
    const reader = new FilterReader()
    const filter = reader.read(raw)
    for (const { path, message } of reader.faults) {
      context.issues.push({ code: 'custom', path: [...path], message, input: raw })
    }
    return filter
  })
  .meta({
    id: 'Filter',
    type: 'object',
    description: DESCRIPTION,
    example: { year: { $gte: 2021 }, categories: { $in: ['cs.CL', 'cs.IR'] }, $not: { venue: 'A Workshop' } },
  })
export type Filter = FilterTree
