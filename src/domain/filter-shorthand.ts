import { z } from 'zod'
import { allOf, comparable, type Filter, type FilterField } from './filter-tree.ts'
import { CalendarDate, LIMITS } from './paper.ts'

const YEARS = /^(\d{4})?(-)?(\d{4})?$/
/** How often a parameter may be repeated. */
const MAX_REPEATED = 20

/** `2023`, `2021-2023`, `2021-` or `-2020`. */
const Years = z.string().transform((text, context): Filter => {
  const [whole, from, dash, to] = YEARS.exec(text.trim()) ?? []
  if (!whole || !(from || to) || (from && to && !dash) || (from && to && to < from) || (to && !dash)) {
    context.issues.push({
      code: 'custom',
      message: 'must be a year or a range: 2023, 2021-2023, 2021- or -2020',
      input: text,
    })
    return { or: [] }
  }
  if (!dash) return { field: 'year', in: [Number(from)] }
  const since: Filter | undefined = from ? { field: 'year', order: '$gte', than: Number(from) } : undefined
  const until: Filter | undefined = to ? { field: 'year', order: '$lte', than: Number(to) } : undefined
  return allOf([since, until]) ?? { and: [] }
})

const repeated = <Item extends z.ZodType>(item: Item, description: string) =>
  z.array(item).min(1).max(MAX_REPEATED).optional().meta({ description })
const name = z.string().trim().min(1, 'must not be empty').max(LIMITS.name)
const ANY_OF = 'Repeated: any of them.'

/** The filters that parameters and options can say. Different ones must all hold. */
export const filterShorthand = {
  year: repeated(Years, `2023, 2021-2023, 2021- or -2020. ${ANY_OF}`),
  publishedAfter: CalendarDate.optional().meta({ description: 'YYYY-MM-DD; on that day or later.' }),
  publishedBefore: CalendarDate.optional().meta({ description: 'YYYY-MM-DD; on that day or earlier.' }),
  author: repeated(name, `The full name of an author; case does not matter. ${ANY_OF}`),
  organization: repeated(name, `The handle or the name of an organization. ${ANY_OF}`),
  venue: repeated(name, `The venue as it is written in full. ${ANY_OF}`),
  category: repeated(name, `A category such as cs.CL. ${ANY_OF}`),
  source: repeated(name, `The file (or api) that papers came from. ${ANY_OF}`),
}
export const FilterShorthand = z.strictObject(filterShorthand)
export type FilterShorthand = z.infer<typeof FilterShorthand>

function anyOf(field: FilterField, values: readonly string[] | undefined): Filter | undefined {
  return values && { field, in: values.map((value) => comparable(field, value)) }
}

/** The filter that the parameters say; undefined where there are none. */
export function filterOfShorthand(given: FilterShorthand): Filter | undefined {
  const { year, publishedAfter, publishedBefore } = given
  return allOf([
    year && { or: year },
    publishedAfter === undefined ? undefined : { field: 'publishedAt', order: '$gte', than: publishedAfter },
    publishedBefore === undefined ? undefined : { field: 'publishedAt', order: '$lte', than: publishedBefore },
    anyOf('authors', given.author),
    anyOf('organization', given.organization),
    anyOf('venue', given.venue),
    anyOf('categories', given.category),
    anyOf('sources', given.source),
  ])
}

/** Parts the shorthand from the rest of a request. */
export function splitShorthand<Request extends FilterShorthand>(request: Request) {
  const { year, publishedAfter, publishedBefore, author, organization, venue, category, source, ...rest } = request
  const given = { year, publishedAfter, publishedBefore, author, organization, venue, category, source }
  return { rest, filter: filterOfShorthand(given) }
}
